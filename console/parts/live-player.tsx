import HlsPlayer, { Events } from 'hls.js';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useLanguage } from '../language.tsx';
import { ErrorNote } from './states.tsx';

interface LivePlayerProps {
  readonly url: string;
  readonly label: string;
  /** Told twice a second which wall time is seen; undefined while nothing is. */
  readonly onSeen: (atMs: number | undefined) => void;
  /** Lies over the picture. */
  readonly children?: ReactNode;
}

const lookMs = 500;
const tryAgainMs = 2000;
/** Of ten seconds each: the newest is whole before it is there. */
const segmentsBehind = 2;

/** Plays a recording that goes on. Where it breaks off it begins anew: a recorder may have been taken over. */
export function LivePlayer({ url, label, onSeen, children }: LivePlayerProps) {
  const { t } = useLanguage();
  const video = useRef<HTMLVideoElement>(null);
  const [isLost, setLost] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const element = video.current!;
    if (!('MediaSource' in window || 'ManagedMediaSource' in window)) {
      element.src = url;
      const timer = setInterval(() => onSeen(startOf(element)), lookMs);
      return () => {
        clearInterval(timer);
        element.removeAttribute('src');
      };
    }
    let again: number | undefined;
    const hls = new HlsPlayer({
      // A worker would need scripts from blobs, which the page's policy forbids.
      enableWorker: false,
      liveSyncDurationCount: segmentsBehind,
      // What plays by itself keeps no session alive.
      xhrSetup: (request) => request.setRequestHeader('x-roomtape-poll', '1'),
    });
    hls.on(Events.ERROR, (_event, { fatal }) => {
      if (!fatal) return;
      setLost(true);
      again ??= window.setTimeout(() => setTurn((n) => n + 1), tryAgainMs);
    });
    hls.on(Events.FRAG_BUFFERED, () => setLost(false));
    hls.loadSource(url);
    hls.attachMedia(element);
    const timer = setInterval(() => onSeen(hls.playingDate?.getTime()), lookMs);
    return () => {
      clearInterval(timer);
      clearTimeout(again);
      hls.destroy();
    };
  }, [url, turn, onSeen]);
  return (
    <>
      {isLost && <ErrorNote text={t('live.lost')} />}
      <div className="live">
        <video ref={video} className="player" controls autoPlay playsInline muted aria-label={label} />
        {children}
      </div>
    </>
  );
}

/** Browsers that play HLS themselves know the wall time of its beginning. */
function startOf(element: HTMLVideoElement): number | undefined {
  const { getStartDate } = element as { getStartDate?: () => Date };
  const begin = getStartDate?.call(element).getTime();
  return begin === undefined || Number.isNaN(begin) ? undefined : begin + element.currentTime * 1000;
}
