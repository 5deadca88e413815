/**
 * An address as it may be shown and kept: without user-info and fragment, and of the query only the names, since keys and
 * signatures travel in the rest. What is no address is shown as it is.
 */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (!url) return text;
  const names = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=…`);
  const query = names.length > 0 ? `?${names.join('&')}` : '';
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}
