/**
 * The receiving end as a process of its own: `rooms` as it is, or, with `bare`, the same sessions whose packets are
 * counted as they come up from the transport and go nowhere.
 */
import { systemClock } from '../../src/clock.ts';
import { dataChannelTransports } from '../../src/rooms/datachannel-transport.ts';
import type { TransportFactory } from '../../src/rooms/transport.ts';
import { startTestRooms } from '../../test/rooms/rooms-fixture.ts';
import type { Ask, Ready, ReceiverFigures } from './messages.ts';

const bare = process.argv[2] === 'bare';
const open = dataChannelTransports({ clock: systemClock(), bindAddress: '127.0.0.1' });
let datagrams = 0;

const transports: TransportFactory = (remote, events) =>
  open(remote, {
    onState: (state) => events.onState(state),
    onPacket: (bytes, arrivalUs) => {
      datagrams += 1;
      if (!bare) events.onPacket(bytes, arrivalUs);
    },
  });

const rooms = await startTestRooms({ maxSessions: 1000, transports, anchorTimeoutMs: 600_000 });

process.on('message', (ask: Ask) => {
  if (ask === 'figures') process.send?.({ kind: 'figures', datagrams, stats: rooms.stats() } satisfies ReceiverFigures);
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready', port: rooms.port } satisfies Ready);
