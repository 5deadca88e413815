import type { RuleListView, RuleView } from '../../../src/admin/auto-record-routes.ts';

/** A rule as the admin API tells and takes it. */
export type Rule = NonNullable<RuleView['rule']>;
export type RuleDefaults = RuleListView['defaults'];
/** What stands in the form: text by the rule's keys with dots; a list is joined by commas. */
export type Draft = Readonly<Record<string, string>>;

/** What the server shows in the place of a secret, and takes for "as it is". */
const hidden = '********';
const secrets = ['storage.bucket.secret_key', 'callback.key'];
/** Where the files go; no key of the rule. */
export const placeKey = 'storage.place';
const numbers = new Set([
  'max_idle_time',
  'single.max_file_minutes',
  'mixed.max_file_minutes',
  ...['width', 'height', 'fps', 'bitrate', 'gop'].map((key) => `mixed.video.${key}`),
  ...['sample_rate', 'channels', 'bitrate'].map((key) => `mixed.audio.${key}`),
  'mixed.layout.mode',
  ...['sub_app_id', 'expire_seconds', 'class_id'].map((key) => `storage.vod.${key}`),
  'callback.retry_hours',
]);
const flags = new Set(['single.enabled', 'mixed.enabled']);
const lists = new Set(['single.formats', 'mixed.formats', 'storage.bucket.prefix']);

/** The form over a rule, over the defaults where there is none or where it says nothing. */
export function draftOf(rule: Rule | null, defaults: RuleDefaults): Draft {
  const own = flat(rule ?? {});
  const place = own['storage.bucket.bucket'] === undefined ? 'vod' : 'bucket';
  const single: Draft = rule && !rule.single ? { 'single.enabled': 'false' } : {};
  return { ...flat(defaults), 'storage.bucket.vendor': 's3', ...single, ...own, [placeKey]: place };
}

/** What a rule is made of. */
type Part = string | number | boolean | readonly string[] | null | undefined | { readonly [key: string]: Part };

function flat(value: Part, path = ''): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (isList(value)) return { [path]: value.join(',') };
  if (typeof value !== 'object') return { [path]: String(value) };
  const entries = Object.entries(value).map(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
  return Object.assign({}, ...entries) as Record<string, string>;
}

const isList = (value: Part): value is readonly string[] => Array.isArray(value);

/** Whether there is a secret that stays unless another is written. */
export const hasSecret = (draft: Draft, path: string): boolean => draft[path] === hidden;
/** Whether a field of that path holds a secret. */
export const isSecret = (path: string): boolean => secrets.includes(path);

/** The body that sets the rule of the form: what is empty is left to the defaults. */
export function bodyOf(draft: Draft): object {
  const unused = draft[placeKey] === 'bucket' ? 'storage.vod.' : 'storage.bucket.';
  const body = {};
  for (const [path, text] of Object.entries(draft)) {
    if (path === placeKey || path.startsWith(unused) || text.trim() === '') continue;
    if (path.startsWith('callback.') && !draft['callback.url']?.trim()) continue;
    put(body, path.split('.'), valueOf(path, text.trim()));
  }
  return body;
}

function valueOf(path: string, text: string): unknown {
  if (lists.has(path)) return text.split(/[,/]/).filter((part) => part !== '');
  if (flags.has(path)) return text === 'true';
  // What is no number goes as it is: the server says what is wrong with it.
  return numbers.has(path) && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function put(body: Record<string, unknown>, [first, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) body[first!] = value;
  else put((body[first!] ??= {}) as Record<string, unknown>, rest, value);
}
