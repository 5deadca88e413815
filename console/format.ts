import { useMemo } from 'react';
import { useLanguage } from './language.tsx';

/** How values are written in the language of this place. */
export interface Format {
  readonly time: (ms: number | null) => string;
  readonly length: (ms: number | null) => string;
  readonly size: (bytes: number | null) => string;
  readonly number: (n: number) => string;
}

const none = '–';
const two = (n: number): string => String(n).padStart(2, '0');

function lengthText(ms: number | null): string {
  if (ms === null) return none;
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Times in the browser's zone, lengths as h:mm:ss, sizes in units of 1024. */
export function useFormat(): Format {
  const { tag } = useLanguage();
  return useMemo(() => {
    const date = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' });
    const number = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
    return {
      time: (ms) => (ms === null ? none : date.format(ms)),
      length: lengthText,
      size: (bytes) => sizeText(bytes, number),
      number: (n) => number.format(n),
    };
  }, [tag]);
}

function sizeText(bytes: number | null, number: Intl.NumberFormat): string {
  if (bytes === null) return none;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${number.format(bytes / 1024 ** step)} ${units[step]!}`;
}
