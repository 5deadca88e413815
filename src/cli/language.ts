import { en } from './texts/en.ts';
import { zh } from './texts/zh.ts';

/** Languages of the command line. */
export type Language = 'en' | 'zh';
/** Name of a text. */
export type TextKey = keyof typeof en;
/** What stands for `{name}` in a text. */
export type TextValues = Readonly<Record<string, string | number>>;
/** Gives a text, with values in place of `{name}`. */
export type Translate = (key: TextKey, values?: TextValues) => string;

const dictionaries: Readonly<Record<Language, Record<TextKey, string>>> = { en, zh };

/** Texts of a language. */
export const translator =
  (language: Language): Translate =>
  (key, values = {}) =>
    dictionaries[language][key].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));

/** The language that `--lang` or the environment asks for, and the words without that flag. */
export function chooseLanguage(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly language: Language; readonly rest: readonly string[] } {
  const at = words.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const asked = at < 0 ? undefined : (words[at]!.split('=')[1] ?? words[at + 1]);
  const taken = at >= 0 && !words[at]!.includes('=') ? 2 : 1;
  const rest = at < 0 ? words : words.toSpliced(at, taken);
  // As other programs: an empty variable says nothing.
  const locale = asked ?? (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '');
  return { language: locale.toLowerCase().startsWith('zh') ? 'zh' : 'en', rest };
}
