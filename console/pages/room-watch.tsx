import { useEffect, useRef, useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import { ask } from '../api.ts';
import { useLanguage } from '../language.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { ErrorNote, Waiting } from '../parts/states.tsx';
import { WhepSession, type WatchTicketView } from '../parts/whep.ts';

/** What is watched. */
export interface Watched {
  readonly userId: string;
  readonly mediaId: 'main' | 'aux';
}

interface RoomWatchProps extends Watched {
  /** Path of the room in the admin API. */
  readonly room: string;
  readonly onClose: () => void;
}

/** An anchor's camera or screen with its sound, as it is sent at this moment. */
export function RoomWatch({ room, userId, mediaId, onClose }: RoomWatchProps) {
  const { t } = useLanguage();
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<'connecting' | 'playing' | 'lost'>('connecting');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isOver = false;
    const say = (next: typeof state): void => (isOver ? undefined : setState(next));
    const session = new WhepSession(() => say('lost'));
    say('connecting');
    video.current!.srcObject = session.stream;
    const path = `${room}/users/${encodeURIComponent(userId)}/watch`;
    ask<WatchTicketView>(path, { method: 'POST', body: { mediaId } })
      .then((ticket) => session.open(ticket))
      .then(
        () => say('playing'),
        () => say('lost'),
      );
    return () => {
      isOver = true;
      session.close();
    };
  }, [room, userId, mediaId, turn]);
  const title = t(`watch.title.${mediaId}`, { user: userId });
  return (
    <Dialog title={title} onClose={onClose} isWide>
      {state === 'connecting' && <Waiting />}
      {state === 'lost' && <ErrorNote text={t('watch.lost')} onRetry={() => setTurn(turn + 1)} />}
      <video ref={video} className="watching" controls autoPlay playsInline muted aria-label={title} />
      <SoundButton video={video} />
      <p className="quiet">{t('watch.unseen')}</p>
    </Dialog>
  );
}

/** Browsers play by themselves what makes no sound; sound is asked for. */
function SoundButton({ video }: { readonly video: { readonly current: HTMLVideoElement | null } }) {
  const { t } = useLanguage();
  const [isMuted, setMuted] = useState(true);
  useEffect(() => {
    const element = video.current!;
    const look = (): void => setMuted(element.muted);
    element.addEventListener('volumechange', look);
    return () => element.removeEventListener('volumechange', look);
  }, [video]);
  const toggle = (): void => {
    video.current!.muted = !isMuted;
    setMuted(!isMuted);
  };
  return (
    <div className="buttons watch-sound">
      <Button theme="primary" onClick={toggle}>
        {t(isMuted ? 'watch.soundOn' : 'watch.soundOff')}
      </Button>
    </div>
  );
}
