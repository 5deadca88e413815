import { TEXTS } from './texts.js';

const REMEMBERED = 'roomtape-language';
let language = remembered() ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');

function remembered() {
  const name = localStorage.getItem(REMEMBERED);
  return name && name in TEXTS ? name : undefined;
}

/** The text of that name in the page's language, `{word}` replaced by the value of that name. */
export function say(name, values = {}) {
  return TEXTS[language][name].replaceAll(/\{(\w+)\}/g, (_, word) => values[word]);
}

/** Changes to the other language. */
export function switchLanguage() {
  language = language === 'en' ? 'zh' : 'en';
  localStorage.setItem(REMEMBERED, language);
}

/** Writes every text that stands in the page itself. */
export function showTexts() {
  document.documentElement.lang = languageTag();
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll('[data-label]'))
    node.setAttribute('aria-label', say(node.dataset.label));
}

/** BCP 47 tag of the page's language. */
export const languageTag = () => (language === 'zh' ? 'zh-CN' : 'en');
