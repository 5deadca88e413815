/** What a player can be given. */
export interface MediaAddress {
  readonly url: string;
  readonly container: 'mp4' | 'hls' | 'aac';
}

/**
 * Gives a player its file; HLS by hls.js where the browser has what that needs, loaded when it is. Answers how to take it
 * away. `onFailed`: it cannot be played, as far as hls.js tells; the player tells the rest by its own event.
 */
export function attachMedia(
  element: HTMLMediaElement,
  { url, container }: MediaAddress,
  onFailed: () => void,
): () => void {
  if (container !== 'hls' || !('MediaSource' in window)) {
    element.src = url;
    return () => {
      element.removeAttribute('src');
      element.load();
    };
  }
  let isGone = false;
  let detach = (): void => undefined;
  import('./hls-source.ts').then(
    ({ attachHls }) => {
      if (!isGone) detach = attachHls(element, url, onFailed);
    },
    () => !isGone && onFailed(),
  );
  return () => {
    isGone = true;
    detach();
  };
}
