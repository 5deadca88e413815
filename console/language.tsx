import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ConfigProvider } from 'tdesign-react/es/config-provider';
import enUS from 'tdesign-react/es/locale/en_US';
import zhCN from 'tdesign-react/es/locale/zh_CN';
import { en } from './texts/en.ts';
import { zh } from './texts/zh.ts';

/** Languages of the console. */
export type Language = 'en' | 'zh';
/** Name of a text. */
export type TextKey = keyof typeof en;
/** Gives a text, with values in place of `{name}`. */
export type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

const dictionaries: Readonly<Record<Language, Record<TextKey, string>>> = { en, zh };
const tags: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };
const storageKey = 'roomtape-language';

interface LanguageState {
  readonly language: Language;
  readonly t: Translate;
  /** BCP 47, for dates and numbers. */
  readonly tag: string;
  readonly change: (language: Language) => void;
}

const LanguageContext = createContext<LanguageState | undefined>(undefined);

/** The language that was chosen, or the browser's. */
function firstLanguage(): Language {
  const chosen = localStorage.getItem(storageKey);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

const translator =
  (language: Language): Translate =>
  (key, values = {}) =>
    dictionaries[language][key].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));

/** Gives everything below it the language. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  const state = useMemo<LanguageState>(() => {
    const change = (next: Language): void => {
      localStorage.setItem(storageKey, next);
      setLanguage(next);
    };
    return { language, t: translator(language), tag: tags[language], change };
  }, [language]);
  useEffect(() => {
    document.documentElement.lang = state.tag;
    document.title = state.t('app.title');
  }, [state]);
  return (
    <LanguageContext.Provider value={state}>
      <ConfigProvider globalConfig={language === 'zh' ? zhCN : enUS}>{children}</ConfigProvider>
    </LanguageContext.Provider>
  );
}

/** The language of this place. */
export function useLanguage(): LanguageState {
  const state = useContext(LanguageContext);
  if (!state) throw new Error('no language here');
  return state;
}
