import { useEffect, useState } from 'react';

type Theme = 'light' | 'dark';
const storageKey = 'roomtape-theme';

function firstTheme(): Theme {
  const chosen = localStorage.getItem(storageKey);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** The theme that was chosen, or the system's, and a way to the other one. */
export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const [theme, setTheme] = useState(firstTheme);
  useEffect(() => document.documentElement.setAttribute('theme-mode', theme), [theme]);
  const toggle = (): void => {
    const next = theme === 'light' ? 'dark' : 'light';
    localStorage.setItem(storageKey, next);
    setTheme(next);
  };
  return { theme, toggle };
}
