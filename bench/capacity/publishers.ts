/** Some publishers in a process of their own, driven over IPC (messages.ts). */
import { systemClock } from '../../src/clock.ts';
import { LoadPublisher } from '../rooms/publisher.ts';
import { webrtcWires } from '../rooms/wire.ts';
import { asMedia, readCamera } from './camera-file.ts';
import type { PublishersAsk, PublishersFigures } from './messages.ts';
import { startStandIn, type StandIn } from './stand-in.ts';

const PUMP_MS = 4;
/** People do not come all at once, nor do they send in step. */
const STAGGER_MS = 47;

const clock = systemClock();
const publishers: LoadPublisher[] = [];
let sending = 0;
let standIn: StandIn | undefined;

const now = (): number => Math.round(performance.now());

async function open({ cameraFile, sessions }: Extract<PublishersAsk, { kind: 'open' }>): Promise<void> {
  const camera = readCamera(cameraFile);
  const [talking, silent] = [asMedia(camera, false), asMedia(camera, true)];
  const wires = standIn?.wires ?? webrtcWires(clock);
  for (const { url, token, muted } of sessions)
    publishers.push(await LoadPublisher.open(hereOf(url), token, muted ? silent : talking, wires));
}

/** The same address at the stand-in. */
function hereOf(url: string): string {
  if (!standIn) return url;
  const { pathname, search } = new URL(url);
  return `http://127.0.0.1:${standIn.port}${pathname}${search}`;
}

function send(count: number): void {
  const from = now();
  publishers.slice(sending, count).forEach((publisher, i) => publisher.start(from + i * STAGGER_MS));
  sending = Math.max(sending, count);
}

function figures(): PublishersFigures {
  const sum = (of: (one: LoadPublisher) => number): number => publishers.reduce((total, one) => total + of(one), 0);
  return {
    sent: sum((one) => one.sent),
    refused: sum((one) => one.refused),
    resent: sum((one) => one.resent),
    connected: sum((one) => (one.connected ? 1 : 0)),
    pictures: publishers.map((one) => one.pictures),
    latestMs: Math.max(0, ...publishers.map((one) => one.latestMs)),
    ...(standIn ? { port: standIn.port } : {}),
  };
}

async function obey(ask: PublishersAsk): Promise<void> {
  if (ask.kind === 'stand-in') standIn = await startStandIn(ask.dataDir, clock);
  if (ask.kind === 'open') await open(ask);
  if (ask.kind === 'send') send(ask.count);
  if (ask.kind === 'pause') sending = 0;
  process.send?.(figures());
}

clock.every(PUMP_MS, () => {
  const at = now();
  for (let i = 0; i < sending; i++) publishers[i]!.pump(at);
});
process.on('message', (ask: PublishersAsk) => void obey(ask));
process.on('disconnect', () => process.exit());
