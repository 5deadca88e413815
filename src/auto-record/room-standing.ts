import type { Clock } from '../clock.ts';
import type { RoomKey } from '../room-key.ts';
import type { Store } from '../store/store.ts';
import type { AutoRecorder, RefusedStart } from './auto-recorder.ts';
import { standingOf, type Standing } from './decision.ts';
import { asksFor, autoModes, type AutoMode } from './rule.ts';
import type { AutoRecordRules } from './rules.ts';
import { livingRooms, type LivingRoom } from './situation.ts';

/** How a room stands with one way of recording: as decided, and what has come in the way of it. */
export type ModeStanding = { readonly mode: AutoMode } & (
  | Exclude<Standing, { readonly state: 'due' | 'not-asked' }>
  /** The rule of now asks for it, but the room is older than that rule. */
  | { readonly state: 'older-than-rule' }
  /** It begins with the first anchor that sends. */
  | { readonly state: 'nobody-sends' }
  /** It is about to begin. */
  | { readonly state: 'starting' }
  | ({ readonly state: 'refused' } & RefusedStart)
);

/** A living room and how it stands with the rule of its app. */
export interface RoomStanding {
  readonly room: RoomKey;
  readonly createdMs: number;
  readonly modes: readonly ModeStanding[];
}

/** What the standings are read from. */
export interface StandingSources {
  readonly store: Pick<Store, 'db'>;
  readonly rules: Pick<AutoRecordRules, 'apps' | 'revisions'>;
  readonly autoRecorder: Pick<AutoRecorder, 'refusal'>;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** How every living room with a rule stands with it; of one app where one is given. Rooms that no rule asks for are left out. */
export async function roomStandings(sources: StandingSources, app: number | undefined): Promise<RoomStanding[]> {
  const apps = (await sources.rules.apps()).filter((one) => app === undefined || one === app);
  const rooms = await livingRooms(sources.store, apps);
  const standings = await Promise.all(rooms.map((room) => roomStanding(sources, room)));
  return standings.filter(({ modes }) => modes.length > 0);
}

async function roomStanding(sources: StandingSources, living: LivingRoom): Promise<RoomStanding> {
  const revisions = await sources.rules.revisions(living.room.sdkAppId);
  const now = sources.clock.wallMs();
  const modes = autoModes.flatMap((mode): ModeStanding[] => {
    const standing = standingOf(mode, revisions, living, now);
    if (standing.state === 'due') return [waiting(sources, living, mode)];
    if (standing.state !== 'not-asked') return [{ mode, ...standing }];
    return asksFor(revisions.at(-1)?.rule, mode) ? [{ mode, state: 'older-than-rule' }] : [];
  });
  return { room: living.room, createdMs: living.createdMs, modes };
}

function waiting({ autoRecorder }: StandingSources, { sends, sessionId }: LivingRoom, mode: AutoMode): ModeStanding {
  if (!sends) return { mode, state: 'nobody-sends' };
  const refused = autoRecorder.refusal(sessionId, mode);
  return refused ? { mode, state: 'refused', ...refused } : { mode, state: 'starting' };
}
