const none = '–';
const two = (n: number): string => String(n).padStart(2, '0');

/** Milliseconds as h:mm:ss or m:ss. */
export function lengthText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return none;
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Bytes in units of 1024. */
export function sizeText(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return none;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** step).toFixed(step > 0 && bytes / 1024 ** step < 100 ? 1 : 0)} ${units[step]!}`;
}

/** A moment in the machine's time zone, as `2026-01-31 08:00:00`. */
export function momentText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return none;
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
