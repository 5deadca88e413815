import { request } from 'undici';
import type { MediaId, RoomKey } from '../room-key.ts';

/** A track that an anchor sends. */
export interface LiveTrack {
  readonly mediaId: MediaId;
  readonly media: 'audio' | 'video';
}

/** A room with somebody in it, as the rooms role sees it at this moment. */
export interface LiveRoom {
  readonly room: RoomKey;
  readonly anchors: readonly { readonly userId: string; readonly tracks: readonly LiveTrack[] }[];
}

/** Reads which rooms are live. */
export interface LiveRooms {
  /** All of them, or those of an app. Rejects while the rooms role is out of reach. */
  list(sdkAppId?: number): Promise<readonly LiveRoom[]>;
}

const answerWithinMs = 4_000;

/** Asks the rooms role over its internal route; `token` is the installation's. */
export const remoteLiveRooms = ({ origin, token }: { readonly origin: string; readonly token: string }): LiveRooms => ({
  async list(sdkAppId) {
    const query = sdkAppId === undefined ? '' : `?sdk_app_id=${sdkAppId}`;
    const answer = await request(`${origin}/rooms/v1/rooms${query}`, {
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
    });
    return ((await answer.body.json()) as { rooms: readonly LiveRoom[] }).rooms;
  },
});
