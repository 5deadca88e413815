import HlsPlayer, { Events } from 'hls.js';

/** Gives a player an HLS playlist; answers how to take it away. */
export function attachHls(element: HTMLMediaElement, url: string, onFailed: () => void): () => void {
  // A worker would need scripts from blobs, which the page's policy forbids.
  const hls = new HlsPlayer({ enableWorker: false });
  hls.on(Events.ERROR, (_event, { fatal }) => fatal && onFailed());
  hls.loadSource(url);
  hls.attachMedia(element);
  return () => hls.destroy();
}
