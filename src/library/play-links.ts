import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { AppDirectory } from '../config/apps.ts';
import { videoUrl, type LibraryKey, type LibraryPlace } from './location.ts';

/** What links are made of. */
export interface PlayLinkOptions {
  /** Base of every address, as outsiders reach the server. */
  readonly publicUrl: () => string;
  readonly apps: Pick<AppDirectory, 'app'>;
  /** Apps that were last seen with signed addresses; none by default. */
  readonly protectedApps?: ReadonlySet<number>;
  readonly clock: Clock;
}

/** Why an address is not served. */
export type LinkFault = 'unsigned' | 'expired' | 'forged' | 'unsupported' | 'withdrawn';

/** The query of an address as it came. */
export type LinkQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

const hexTime = /^[0-9a-f]{1,12}$/;
const linkId = /^[A-Za-z0-9]{0,64}$/;

/**
 * The signature of VOD's key protection, so that what signs addresses for the cloud does so here too:
 * md5(KEY + Dir + t + us), Dir being the path without the file's name. Limits of addresses and previews are not known.
 */
const signatureOf = (key: string, directory: string, t: string, us: string): string =>
  createHash('md5').update(`${key}${directory}${t}${us}`).digest('hex');

const directoryOf = ({ subAppId, fileId }: LibraryPlace): string => `/vod/${subAppId}/${fileId}/`;

/** Addresses of the library's files: plain, or signed and for a time where the app has a `play_key`. */
export class PlayLinks {
  readonly #options: PlayLinkOptions;

  constructor(options: PlayLinkOptions) {
    this.#options = options;
  }

  /** VideoUrl of a file of that app, from now on for as long as the app's links hold. */
  urlOf(sdkAppId: number, file: LibraryKey): string {
    const { publicUrl, apps, clock } = this.#options;
    const url = videoUrl(publicUrl(), file);
    const play = apps.app(sdkAppId)?.play;
    if (!play) return url;
    const t = Math.ceil(clock.wallMs() / 1000 + play.linkSeconds).toString(16);
    const us = randomBytes(8).toString('hex');
    return `${url}?t=${t}&us=${us}&sign=${signatureOf(play.key, directoryOf(file), t, us)}`;
  }

  /** Whether what lies beside a file of that app must be asked for by signed addresses. */
  areSigned(sdkAppId: number): boolean {
    return this.#options.apps.app(sdkAppId)?.play !== undefined;
  }

  /** What is wrong with an address of that app's files; undefined when it is to be served. */
  faultOf(sdkAppId: number, place: LibraryPlace, query: LinkQuery): LinkFault | undefined {
    const { apps, protectedApps } = this.#options;
    const app = apps.app(sdkAppId);
    if (!app && protectedApps?.has(sdkAppId)) return 'withdrawn';
    const play = app?.play;
    if (!play) return undefined;
    const { t, us = '', sign, exper, rlimit } = query;
    if (exper || rlimit) return 'unsupported';
    if (typeof t !== 'string' || typeof sign !== 'string') return 'unsigned';
    if (!hexTime.test(t) || typeof us !== 'string' || !linkId.test(us)) return 'forged';
    if (!isSame(sign, signatureOf(play.key, directoryOf(place), t, us))) return 'forged';
    return Number.parseInt(t, 16) * 1000 <= this.#options.clock.wallMs() ? 'expired' : undefined;
  }
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A playlist whose segments are asked for by the same signature, which is their folder's. */
export const withQuery = (playlist: string, query: string): string =>
  playlist.replaceAll(/^[^#\s].*$/gm, (uri) => `${uri}?${query}`);
