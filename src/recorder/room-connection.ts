import type { Clock } from '../clock.ts';
import { connectFeed } from '../feed/client.ts';
import type { LeasedTask } from '../worker-api/messages.ts';
import type { RoomConnection, RoomListener } from './task-run.ts';

/** Where the rooms role is reached. */
export interface RoomsEndpoint {
  readonly url: string;
  readonly token: string;
}

/** Joins a task's room as its bot. What goes wrong arrives as `onClosed`. */
export function connectRoom(
  rooms: RoomsEndpoint,
  task: LeasedTask,
  listener: RoomListener,
  clock: Clock,
): RoomConnection {
  const { room, botUserId, taskId } = task;
  let left = false;
  const feed = connectFeed({
    ...rooms,
    clock,
    join: { kind: 'join', room, botUserId, taskId },
    on: {
      onEvent: (event) => listener.onEvent(event),
      onPacket: (packet) => listener.onPacket(packet),
      onClosed: (reason) => (left ? undefined : listener.onClosed(reason)),
    },
  });
  return {
    requestKeyFrame: (track) => feed.requestKeyFrame(track),
    close: () => {
      left = true;
      feed.close();
    },
  };
}
