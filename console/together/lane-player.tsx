import { useEffect, useRef } from 'react';
import { hereOf } from '../parts/media-link.ts';
import { attachMedia } from '../parts/media-source.ts';
import type { Ensemble } from './ensemble.ts';
import type { Piece } from './lanes.ts';

interface LanePlayerProps {
  readonly ensemble: Ensemble;
  readonly piece: Piece;
  readonly volume: number;
  readonly isMuted: boolean;
  readonly isShown: boolean;
  /** What it plays, for those who cannot see it. */
  readonly label: string;
}

/** Plays one file as the ensemble says. */
export function LanePlayer({ ensemble, piece, volume, isMuted, isShown, label }: LanePlayerProps) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = ref.current!;
    const { fail, leave } = ensemble.join(piece, element);
    element.addEventListener('error', fail);
    const detach = attachMedia(element, { url: hereOf(piece.url), container: piece.container }, fail);
    return () => {
      element.removeEventListener('error', fail);
      leave();
      detach();
    };
  }, [ensemble, piece]);
  useEffect(() => {
    ref.current!.volume = volume;
    ref.current!.muted = isMuted;
  }, [volume, isMuted]);
  const Media = piece.container === 'aac' ? 'audio' : 'video';
  return <Media ref={ref} hidden={!isShown} playsInline preload="auto" aria-label={label} data-file={piece.fileId} />;
}
