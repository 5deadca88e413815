/** A recorder that joins every room and counts what the feed brings: `node recorder.ts ORIGIN PUBLISHERS`. */
import { systemClock } from '../../src/clock.ts';
import { connectFeed, type FeedClient } from '../../src/feed/client.ts';
import { roomOf, TOKEN } from '../../test/rooms/rooms-fixture.ts';
import { roomIdOf, type Ask, type Ready, type RecorderFigures } from './messages.ts';

const [url, publishers] = [process.argv[2] ?? '', Number(process.argv[3])];
const roomIds = new Set(Array.from({ length: publishers }, (_, i) => roomIdOf(i)));
const clock = systemClock();
let clients: FeedClient[] = [];
let packets = 0;
let closed = 0;

function join(roomId: string): FeedClient {
  const onPacket = (): void => void (packets += 1);
  const on = { onEvent: () => {}, onPacket, onClosed: () => void (closed += 1) };
  const room = roomOf('number', roomId);
  return connectFeed({ url, token: TOKEN, clock, join: { kind: 'join', room, botUserId: 'bot', taskId: 'load' }, on });
}

function figures(): RecorderFigures {
  const malformed = clients.reduce((sum, client) => sum + client.stats().malformed, 0);
  return { kind: 'figures', packets, malformed, closed };
}

process.on('message', (ask: Ask) => {
  if (ask === 'join') clients = [...roomIds].map(join);
  if (ask === 'leave') for (const client of clients) client.close();
  process.send?.(figures());
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready' } satisfies Ready);
