import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { RoomStandingView } from '../../src/admin/auto-record-room-routes.ts';
import type { LiveRoomView } from '../../src/admin/room-routes.ts';
import { useAsked } from '../asking.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { ModeStandings, useRoomStandings } from '../parts/mode-standings.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Nothing, Shown } from '../parts/states.tsx';
import { placeOf } from '../route.ts';
import { useIsOperator } from '../session.tsx';
import { RoomWatch, type Watched } from './room-watch.tsx';

const pollMs = 3000;

/** Live rooms, and what an operator does to them. */
export function RoomsPage() {
  const { t } = useLanguage();
  const asked = useAsked<{ readonly items: readonly LiveRoomView[] }>('/rooms', pollMs);
  const isOperator = useIsOperator();
  const standings = useRoomStandings();
  return (
    <>
      <PageTitle text={t('rooms.title')} />
      {!isOperator && <p className="quiet">{t('common.viewerHint')}</p>}
      <Shown asked={asked}>
        {({ items }) => (
          <>
            {items.length === 0 && <Nothing text={t('rooms.empty')} hint={t('rooms.emptyHint')} />}
            {items.map((live) => (
              <Room key={pathOf(live)} live={live} standing={standings.of(live)} onChanged={asked.reload} />
            ))}
          </>
        )}
      </Shown>
    </>
  );
}

interface RoomProps {
  readonly live: LiveRoomView;
  readonly standing?: RoomStandingView | undefined;
  readonly onChanged: () => void;
}

const pathOf = ({ app, room }: LiveRoomView): string => `/rooms/${app}/${room.kind}/${encodeURIComponent(room.id)}`;

function Room({ live, standing, onChanged }: RoomProps) {
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  return (
    <section className="room" aria-label={t('rooms.room', { room: live.room.id })}>
      <div className="page-title">
        <h2>{t('rooms.room', { room: live.room.id })}</h2>
        <span className="quiet">{t('rooms.app', { app: live.app })}</span>
        {isOperator && <RoomActions live={live} onChanged={onChanged} />}
      </div>
      <h3>{t('rooms.recordings')}</h3>
      <Recordings live={live} onChanged={onChanged} />
      {standing && <ModeStandings modes={standing.modes} />}
      <h3>{t('rooms.anchors')}</h3>
      <Anchors live={live} onChanged={onChanged} />
    </section>
  );
}

function RoomActions({ live, onChanged }: RoomProps) {
  const { t } = useLanguage();
  const { isBusy, run } = useDoing(onChanged);
  const [isAsking, setAsking] = useState(false);
  const record = (mode: 'single' | 'mixed'): void =>
    run({ method: 'POST', path: `${pathOf(live)}/recordings`, body: { mode }, done: t('rooms.started') });
  return (
    <span className="buttons">
      <Button theme="primary" disabled={isBusy} onClick={() => record('single')}>
        {t('rooms.recordSingle')}
      </Button>
      <Button theme="primary" disabled={isBusy} onClick={() => record('mixed')}>
        {t('rooms.recordMixed')}
      </Button>
      <Button theme="danger" variant="outline" disabled={isBusy} onClick={() => setAsking(true)}>
        {t('rooms.dissolve')}
      </Button>
      {isAsking && (
        <Confirm
          text={t('rooms.dissolveAsk', { room: live.room.id })}
          action={t('rooms.dissolve')}
          onConfirm={() => run({ method: 'DELETE', path: pathOf(live), done: t('rooms.dissolved') })}
          onClose={() => setAsking(false)}
        />
      )}
    </span>
  );
}

function Recordings({ live: { taskIds }, onChanged }: RoomProps) {
  const { t } = useLanguage();
  const { isBusy, run } = useDoing(onChanged);
  const isOperator = useIsOperator();
  if (taskIds.length === 0) return <p className="quiet">{t('rooms.notRecorded')}</p>;
  const stop = (taskId: string): void =>
    run({ method: 'POST', path: `/tasks/${encodeURIComponent(taskId)}/stop`, done: t('task.stopped') });
  return (
    <ul className="plain">
      {taskIds.map((taskId) => (
        <li key={taskId} className="line">
          <a className="long" href={placeOf('recordings', taskId)}>
            {taskId}
          </a>
          {isOperator && (
            <Button
              size="small"
              theme="danger"
              variant="outline"
              disabled={isBusy}
              aria-label={t('rooms.stopOf', { task: taskId })}
              onClick={() => stop(taskId)}
            >
              {t('rooms.stop')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

type Anchor = LiveRoomView['anchors'][number];

function Anchors({ live, onChanged }: RoomProps) {
  const { t } = useLanguage();
  const { run } = useDoing(onChanged);
  const isOperator = useIsOperator();
  const [leaving, setLeaving] = useState<string | undefined>(undefined);
  const [watched, setWatched] = useState<Watched | undefined>(undefined);
  if (live.anchors.length === 0) return <p className="quiet">{t('rooms.noAnchors')}</p>;
  const remove = (user: string): void =>
    run({
      method: 'DELETE',
      path: `${pathOf(live)}/users/${encodeURIComponent(user)}`,
      done: t('rooms.removed', { user }),
    });
  const actions = ({ userId, tracks }: Anchor) => (
    <span className="buttons">
      {(['main', 'aux'] as const)
        .filter((mediaId) => tracks.some((track) => track.mediaId === mediaId))
        .map((mediaId) => (
          <Button
            key={mediaId}
            size="small"
            theme="primary"
            aria-label={t(`watch.title.${mediaId}`, { user: userId })}
            onClick={() => setWatched({ userId, mediaId })}
          >
            {t(`watch.${mediaId}`)}
          </Button>
        ))}
      {isOperator && (
        <Button
          size="small"
          theme="danger"
          variant="outline"
          aria-label={t('rooms.removeOf', { user: userId })}
          onClick={() => setLeaving(userId)}
        >
          {t('rooms.remove')}
        </Button>
      )}
    </span>
  );
  return (
    <>
      <DataTable
        caption={t('rooms.anchors')}
        rows={live.anchors}
        keyOf={({ userId }) => userId}
        columns={[
          { title: t('task.anchor'), cell: ({ userId }) => userId, isLong: true },
          { title: t('rooms.sends'), cell: (anchor) => <Tracks {...anchor} /> },
          { title: t('common.actions'), cell: actions },
        ]}
      />
      {watched && <RoomWatch {...watched} room={pathOf(live)} onClose={() => setWatched(undefined)} />}
      {leaving !== undefined && (
        <Confirm
          text={t('rooms.removeAsk', { user: leaving })}
          action={t('rooms.remove')}
          onConfirm={() => remove(leaving)}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </>
  );
}

function Tracks({ tracks }: Pick<Anchor, 'tracks'>) {
  const { t } = useLanguage();
  if (tracks.length === 0) return t('rooms.sendsNothing');
  return tracks.map(({ mediaId, media }) => t(`rooms.track.${mediaId}.${media}`)).join(' · ');
}
