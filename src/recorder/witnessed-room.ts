import type { RoomListener } from './task-run.ts';
import type { Witness } from './witness.ts';

/** A listener to the room whose entries and losses are witnessed. While the room is away it is told once. */
export function witnessedRoom(listener: RoomListener, witness: Pick<Witness, 'note' | 'roomLost'>): RoomListener {
  return {
    onEvent: (event) => {
      if (event.kind === 'joined') witness.note({ kind: 'room-entered' });
      listener.onEvent(event);
    },
    onPacket: (packet) => listener.onPacket(packet),
    onClosed: (reason) => {
      witness.roomLost(reason);
      listener.onClosed(reason);
    },
  };
}
