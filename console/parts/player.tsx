import HlsPlayer, { Events } from 'hls.js';
import { useEffect, useRef, useState } from 'react';
import { useLanguage } from '../language.tsx';
import { ErrorNote } from './states.tsx';

interface PlayerProps {
  readonly url: string;
  readonly container: 'mp4' | 'hls' | 'aac';
}

/** Plays a file; HLS by hls.js where the browser cannot. */
export function Player({ url, container }: PlayerProps) {
  const { t } = useLanguage();
  const video = useRef<HTMLVideoElement>(null);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const element = video.current!;
    if (container !== 'hls' || !('MediaSource' in window)) {
      element.src = url;
      return () => element.removeAttribute('src');
    }
    // A worker would need scripts from blobs, which the page's policy forbids.
    const hls = new HlsPlayer({ enableWorker: false });
    hls.on(Events.ERROR, (_event, { fatal }) => fatal && setRefused(true));
    hls.loadSource(url);
    hls.attachMedia(element);
    return () => hls.destroy();
  }, [url, container]);
  return (
    <>
      <video
        ref={video}
        className="player"
        controls
        playsInline
        preload="metadata"
        aria-label={t('library.playing')}
        onError={() => setRefused(true)}
      />
      {isRefused && <ErrorNote text={t('library.cannotPlay')} />}
    </>
  );
}
