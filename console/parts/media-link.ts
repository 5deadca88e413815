/** The path of a file that this server's library has, whatever name its public address has; else the address itself. */
export function hereOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname.startsWith('/vod/') ? pathname + search : url;
}
