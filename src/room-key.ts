/** Which of a user's two pictures a track belongs to: the camera (`main`) or the shared screen (`aux`). Contract §2.2. */
export type MediaId = 'main' | 'aux';

/** Room kinds are kept apart: numeric room 10001 and string room "10001" are two rooms (contract C41). */
export type RoomKind = 'number' | 'string';

/** Names one room of one app. */
export interface RoomKey {
  readonly sdkAppId: number;
  readonly kind: RoomKind;
  /** Raw room id, never escaped; digits only for a numeric room. */
  readonly roomId: string;
}

/** A text that is equal exactly for equal rooms; for maps and logs, not for outsiders. */
export const roomKeyText = (room: RoomKey): string => `${room.sdkAppId}/${room.kind}/${room.roomId}`;
