import type { ModeStandingView, RoomStandingView } from '../../src/admin/auto-record-room-routes.ts';
import type { LiveRoomView } from '../../src/admin/room-routes.ts';
import { queryOf } from '../api.ts';
import { useAsked, type Asked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { placeOf } from '../route.ts';

const pollMs = 3000;

interface Standings extends Asked<{ readonly items: readonly RoomStandingView[] }> {
  readonly of: (live: LiveRoomView) => RoomStandingView | undefined;
}

/** How live rooms stand with their rules, of one app where one is given. */
export function useRoomStandings(app?: number): Standings {
  const asked = useAsked<{ readonly items: readonly RoomStandingView[] }>(
    `/auto-record/rooms${queryOf({ app })}`,
    pollMs,
  );
  const of = (live: LiveRoomView): RoomStandingView | undefined =>
    asked.data?.items.find(
      ({ app: own, room }) => own === live.app && room.kind === live.room.kind && room.id === live.room.id,
    );
  return { ...asked, of };
}

/** How a room stands with its rule, a line for each way of recording. */
export function ModeStandings({ modes }: { readonly modes: readonly ModeStandingView[] }) {
  const { t } = useLanguage();
  return (
    <ul className="plain" aria-label={t('standing.label')}>
      {modes.map((standing) => (
        <li key={standing.mode} className="quiet">
          {t('standing.of', { mode: t(`mode.${standing.mode}`) })} <StandingText {...standing} />
        </li>
      ))}
    </ul>
  );
}

function StandingText({ state, reason, taskId, sinceMs, nextMs }: ModeStandingView) {
  const { t } = useLanguage();
  const { time } = useFormat();
  if (state === 'refused' && reason) {
    return (
      <strong className="standing-refused">
        {t(`standing.reason.${reason}`)} {t('standing.refused', { since: time(sinceMs), next: time(nextMs) })}
      </strong>
    );
  }
  const text = t(`standing.state.${state === 'refused' ? 'starting' : state}`, { next: time(nextMs) });
  return taskId === null ? text : <a href={placeOf('recordings', taskId)}>{text}</a>;
}
