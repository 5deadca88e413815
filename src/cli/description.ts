import type { RecordingPlan } from '../worker-api/messages.ts';
import { lengthText, momentText } from './amounts.ts';
import { pad, plain } from './columns.ts';
import type { Described } from './describe.ts';
import { fateOf, fateText, fileLines } from './shown-task.ts';
import type { Terminal } from './terminal.ts';

const none = '–';

/** A task as people read it, line by line. */
export function descriptionOf(described: Described, terminal: Terminal): string[] {
  const { t, tone } = terminal;
  const { task } = described;
  return [
    ...pairs(facts(described, terminal)),
    '',
    tone('strong', t('describe.files')),
    ...(task.files.length === 0 ? [t('outcome.noFiles')] : fileLines(task.files, terminal)),
    '',
    tone('strong', t('describe.callbacks')),
    ...callbackLines(described, terminal),
  ];
}

type Pair = readonly [name: string, value: string];

function pairs(all: readonly Pair[]): string[] {
  // Chinese names take two places a letter; `pad` counts them.
  const width = Math.max(...all.map(([name]) => name.length * (/[\u4E00-\u9FFF]/.test(name) ? 2 : 1)));
  return all.map(([name, value]) => `${pad(name, width)}  ${value}`);
}

function facts({ task, users }: Described, terminal: Terminal): Pair[] {
  const { t, clock } = terminal;
  const length = task.startedMs === null ? none : lengthText((task.endedMs ?? clock.wallMs()) - task.startedMs);
  return [
    [t('column.task'), task.taskId],
    [t('column.state'), stateText(task, terminal)],
    [t('column.room'), `${plain(task.room.id)} (${t(`kind.${task.room.kind}`)}, SdkAppId ${task.app})`],
    [t('column.began'), momentText(task.startedMs)],
    [t('column.length'), length],
    [t('describe.users'), users.length === 0 ? none : users.map(plain).join(', ')],
    [t('describe.parameters'), parametersText(task.parameters as unknown as RecordingPlan, terminal)],
    [t('describe.destination'), plain(destinationText(task.destination))],
    [t('describe.recorder'), task.recorder ?? none],
    ...(task.takeovers.length === 0 ? [] : [[t('describe.takeovers'), takeoversText(task.takeovers)] as const]),
  ];
}

function stateText({ ...task }: Described['task'], terminal: Terminal): string {
  const { t } = terminal;
  const fate = fateText(fateOf(task), terminal);
  if (task.state === 'active')
    return `${fate}, ${t(task.status === 'InProgress' ? 'follow.receiving' : 'follow.idle')}`;
  return task.leaveCode === null ? fate : `${fate}, LeaveCode ${task.leaveCode}`;
}

const takeoversText = (takeovers: Described['task']['takeovers']): string =>
  takeovers.map(({ atMs }) => momentText(atMs)).join(', ');

const destinationText = ({ kind, vendor, bucket }: Described['task']['destination']): string =>
  kind === 'bucket' ? `${String(vendor)} ${String(bucket)}` : String(kind);

function parametersText(plan: RecordingPlan, { t }: Terminal): string {
  const { mode, outputs, streams, video, layout, subscription, maxIdleSeconds, mostSeconds } = plan;
  const allowed = subscription.video.allow;
  return [
    t(`mode.${mode}`),
    outputs.join('+'),
    ...(mode === 'mixed' && streams !== 'audio'
      ? [`${video.width}×${video.height}@${video.fps}`, t('describe.layout', { layout: layout.mode })]
      : []),
    ...(allowed.length > 0 ? [t('describe.only', { users: plain(allowed.join(', ')) })] : []),
    t('describe.idle', { seconds: maxIdleSeconds }),
    ...(mostSeconds === undefined ? [] : [t('describe.most', { length: lengthText(mostSeconds * 1000) })]),
  ].join(', ');
}

function callbackLines({ callbacks }: Described, { t, tone }: Terminal): string[] {
  if (callbacks.length === 0) return [t('describe.noCallbacks')];
  const counts = Map.groupBy(callbacks, ({ state }) => state);
  const sums = [...counts].map(([state, own]) => t(`callback.${state}`, { n: own.length }));
  // Those behind the first one that waits wait for it.
  const next = callbacks.find(({ state }) => state === 'pending');
  const dropped = counts.get('dropped') ?? [];
  return [
    sums.join(', '),
    ...(next && next.failedAttempts > 0
      ? [
          tone(
            'warn',
            t('describe.retry', {
              type: next.type,
              attempts: next.failedAttempts,
              at: momentText(next.nextAttemptMs),
              error: plain(next.error ?? ''),
            }),
          ),
        ]
      : []),
    ...dropped.map(({ type, error }) => tone('bad', t('describe.dropped', { type, error: plain(error ?? '') }))),
  ];
}
