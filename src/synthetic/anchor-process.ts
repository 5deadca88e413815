import { createWriteStream, type WriteStream } from 'node:fs';
import { startSyntheticAnchor, type SyntheticAnchor, type SyntheticAnchorHooks } from './anchor.ts';
import type { AnchorCommand, AnchorReport } from './anchor-ipc.ts';
import { WhipError } from './whip-client.ts';

/** Entry of a forked anchor: one anchor, ruled by IPC, gone when its owner is. */

const STATS_MS = 500;

let anchor: SyntheticAnchor | undefined;
let dump: WriteStream | undefined;

const report = (message: AnchorReport): void => {
  if (process.connected) process.send?.(message);
};

function hooks(dumpFile: string | undefined): SyntheticAnchorHooks {
  const log = (message: string): void => report({ kind: 'log', message });
  if (dumpFile === undefined) return { log };
  const stream = createWriteStream(dumpFile);
  dump = stream;
  return { log, onPicture: ({ data }) => stream.write(data) };
}

async function start(command: AnchorCommand & { kind: 'start' }): Promise<void> {
  try {
    anchor = await startSyntheticAnchor(command.options, hooks(command.dumpFile));
  } catch (error) {
    report({
      kind: 'failed',
      status: error instanceof WhipError ? error.status : undefined,
      message: error instanceof Error ? error.message : String(error),
    });
    return leave();
  }
  report({ kind: 'stats', stats: anchor.stats() });
  report({ kind: 'started' });
  setInterval(() => anchor && report({ kind: 'stats', stats: anchor.stats() }), STATS_MS);
}

async function leave(): Promise<void> {
  await anchor?.close();
  if (anchor) report({ kind: 'stats', stats: anchor.stats() });
  if (dump) await new Promise((resolve) => dump?.end(resolve));
  process.exit(0);
}

function obey(command: AnchorCommand): void {
  if (command.kind === 'start') void start(command);
  else if (command.kind === 'close') void leave();
  else if (command.media === 'audio') anchor?.muteAudio(command.muted, command.how);
  else anchor?.muteVideo(command.muted, command.how);
}

process.on('message', (command) => obey(command as AnchorCommand));
process.on('disconnect', () => void leave());
// The terminal's Ctrl-C reaches the whole group; the owner decides when anchors leave.
process.on('SIGINT', () => undefined);
