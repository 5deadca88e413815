/** Publishers number FROM to TO - 1 in one process, silent until they are told to send: `node publishers.ts ORIGIN FROM TO`. */
import { systemClock } from '../../src/clock.ts';
import { SDK_APP_ID, sigFor } from '../../test/rooms/rooms-fixture.ts';
import { roomIdOf, type Ask, type PublisherFigures, type Ready } from './messages.ts';
import { blankMedia } from './load-media.ts';
import { LoadPublisher } from './publisher.ts';
import { webrtcWires } from './wire.ts';

/** Publishers do not send in step: each begins a little later than the one before. */
const STAGGER_MS = 7;
const PUMP_MS = 4;

const [origin, from, to] = [process.argv[2] ?? '', Number(process.argv[3]), Number(process.argv[4])];
const clock = systemClock();
const media = blankMedia();
const wires = webrtcWires(clock);
const publishers: LoadPublisher[] = [];
for (let i = from; i < to; i++) {
  const url = `${origin}/whip/${SDK_APP_ID}/${roomIdOf(i)}/u${i}`;
  publishers.push(await LoadPublisher.open(url, sigFor(`u${i}`), media, wires));
}
const now = (): number => Math.round(performance.now());
let sending = false;
clock.every(PUMP_MS, () => {
  const at = now();
  if (sending) for (const publisher of publishers) publisher.pump(at);
});

function figures(): PublisherFigures {
  const sum = (of: (publisher: LoadPublisher) => number): number =>
    publishers.reduce((total, publisher) => total + of(publisher), 0);
  return {
    kind: 'figures',
    sent: sum((publisher) => publisher.sent),
    refused: sum((publisher) => publisher.refused),
    connections: sum((publisher) => (publisher.connected ? 1 : 0)),
  };
}

process.on('message', (ask: Ask) => {
  if (ask === 'send') publishers.forEach((publisher, i) => publisher.start(now() + i * STAGGER_MS));
  if (ask !== 'figures') sending = ask === 'send';
  process.send?.(figures());
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready' } satisfies Ready);
