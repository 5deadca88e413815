import { useEffect, useRef, useState } from 'react';
import { useLanguage } from '../language.tsx';
import { attachMedia, type MediaAddress } from './media-source.ts';
import { ErrorNote } from './states.tsx';

/** Plays a file. */
export function Player({ url, container }: MediaAddress) {
  const { t } = useLanguage();
  const video = useRef<HTMLVideoElement>(null);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const element = video.current!;
    // Listened to by hand: it may come as well when the file is taken away.
    const onError = (): void => setRefused(true);
    element.addEventListener('error', onError);
    const detach = attachMedia(element, { url, container }, onError);
    return () => {
      element.removeEventListener('error', onError);
      detach();
    };
  }, [url, container]);
  return (
    <>
      <video ref={video} className="player" controls playsInline preload="metadata" aria-label={t('library.playing')} />
      {isRefused && <ErrorNote text={t('library.cannotPlay')} />}
    </>
  );
}
