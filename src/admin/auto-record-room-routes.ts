import { z } from 'zod';
import { roomStandings, type ModeStanding } from '../auto-record/room-standing.ts';
import { app, appText, ms } from './fields.ts';
import { defineRoute, type AdminRoute } from './route.ts';
import { roomKind } from './task-view.ts';

const modeStanding = z
  .object({
    mode: z.enum(['single', 'mixed']),
    state: z
      .enum([
        'recording',
        'waiting-for-recorder',
        'starting',
        'refused',
        'pausing',
        'nobody-sends',
        'stopped-by-hand',
        'switched-off',
        'older-than-rule',
      ])
      .describe(
        'What becomes of it: it runs; it was accepted and no recorder has it yet; it is about to begin; its start was refused and is tried again; what came before left no file, and the next try is later; it begins with the first anchor that sends; somebody stopped it for as long as the room lives; the rule was switched off since; the room was created before the rule.',
      ),
    taskId: z.string().nullable().describe('Of what runs, or was stopped.'),
    reason: z
      .enum(['app-limit', 'recorders-busy', 'spools-full', 'library-full'])
      .nullable()
      .describe('Why it was refused: the limit of the app, no recorder is free, no disk is left, the library is full.'),
    sinceMs: ms.nullable().describe('When it was refused first, in milliseconds since the epoch.'),
    nextMs: ms.nullable().describe('When it is tried next, in milliseconds since the epoch.'),
  })
  .meta({ id: 'AutoRecordMode' });

const roomStandingView = z
  .object({
    app,
    room: z.object({ kind: roomKind, id: z.string() }),
    createdMs: ms,
    modes: z.array(modeStanding),
  })
  .meta({ id: 'AutoRecordRoom' });

/** A live room and how it stands with the rule of its app, in an answer. */
export type RoomStandingView = z.output<typeof roomStandingView>;
/** The same of one way of recording. */
export type ModeStandingView = z.output<typeof modeStanding>;

const reasons = {
  restricted: 'app-limit',
  'recorders busy': 'recorders-busy',
  'spools full': 'spools-full',
  'library full': 'library-full',
} as const;

function viewMode(standing: ModeStanding): ModeStandingView {
  const { mode, state } = standing;
  const nothing = { taskId: null, reason: null, sinceMs: null, nextMs: null };
  const view = { mode, state: state === 'running' ? ('recording' as const) : state, ...nothing };
  if (standing.state === 'running' && !standing.hasRecorder)
    return { ...view, state: 'waiting-for-recorder', taskId: standing.taskId };
  if (standing.state === 'running' || standing.state === 'stopped-by-hand') return { ...view, taskId: standing.taskId };
  if (standing.state === 'pausing') return { ...view, nextMs: standing.untilMs };
  if (standing.state !== 'refused') return view;
  return { ...view, reason: reasons[standing.reason], sinceMs: standing.sinceMs, nextMs: standing.nextMs };
}

const list = defineRoute({
  method: 'GET',
  path: '/auto-record/rooms',
  summary: 'Lists live rooms that a rule asks for, with what is recorded, what waits, and why.',
  query: z.strictObject({ app: appText.optional().describe('SdkAppId.') }),
  answer: { status: 200, description: 'As it is now.', schema: z.object({ items: z.array(roomStandingView) }) },
  async handle({ query }, services) {
    const standings = await roomStandings(services, query.app);
    return {
      items: standings.map(({ room, createdMs, modes }) => ({
        app: room.sdkAppId,
        room: { kind: room.kind, id: room.roomId },
        createdMs,
        modes: modes.map(viewMode),
      })),
    };
  },
});

/** How live rooms stand with the rules of their apps. */
export const autoRecordRoomRoutes: readonly AdminRoute[] = [list];
