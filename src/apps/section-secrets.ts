import { HIDDEN_SECRET } from '../auto-record/rule.ts';
import { HiddenSecretError } from '../auto-record/secrets.ts';
import { shownUrl } from '../shown-url.ts';
import type { AppSections, SectionName } from './sections.ts';

/** A section in which each secret is another text. */
type Mapped<Name extends SectionName> = (
  section: AppSections[Name],
  map: (secret: string, path: string) => string,
) => AppSections[Name];

const same = <T>(section: T): T => section;

const mapped: { readonly [Name in SectionName]: Mapped<Name> } = {
  callback: (section, map) => (section?.key === undefined ? section : { ...section, key: map(section.key, 'key') }),
  storage: (section, map) => {
    const vod = section.tencent_vod;
    if (!vod) return section;
    return { ...section, tencent_vod: { ...vod, secret_key: map(vod.secret_key, 'tencent_vod.secret_key') } };
  },
  playback: (section, map) =>
    section.play_key === undefined ? section : { ...section, play_key: map(section.play_key, 'play_key') },
  limits: same,
  entry: same,
  naming: same,
};

const read: { readonly [Name in SectionName]?: (section: AppSections[Name]) => string | undefined } = {
  callback: (section) => section?.key,
  storage: (section) => section.tencent_vod?.secret_key,
  playback: (section) => section.play_key,
};

/** A section as operators see it: secrets hidden. */
export const withoutSecrets = <Name extends SectionName>(name: Name, section: AppSections[Name]): AppSections[Name] =>
  mapped[name](section, () => HIDDEN_SECRET);

/** A section as everybody may see it: addresses too may have secrets in them. */
export function forEverybody<Name extends SectionName>(name: Name, section: AppSections[Name]): AppSections[Name] {
  const shown = withoutSecrets(name, section);
  if (name !== 'callback' || shown === null) return shown;
  const callback = shown as NonNullable<AppSections['callback']>;
  const { room_url: room, media_url: media } = callback;
  return {
    ...callback,
    url: shownUrl(callback.url),
    ...(room === undefined ? {} : { room_url: shownUrl(room) }),
    ...(media === undefined ? {} : { media_url: shownUrl(media) }),
  } as AppSections[Name];
}

/** A section in which hidden secrets are those of `before`. @throws HiddenSecretError when that has none. */
export function withKeptSecrets<Name extends SectionName>(
  name: Name,
  section: AppSections[Name],
  before: AppSections[Name],
): AppSections[Name] {
  return mapped[name](section, (secret, path) => {
    if (secret !== HIDDEN_SECRET) return secret;
    const kept = read[name]?.(before);
    if (kept === undefined) throw new HiddenSecretError(path);
    return kept;
  });
}
