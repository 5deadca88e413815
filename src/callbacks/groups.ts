import type { App, CallbackTarget } from '../config/apps.ts';

/** EventGroupId of each group of events (contract §4). */
export const eventGroup = { room: 1, media: 2, recording: 3 } as const;

/** A group of events. */
export type EventGroup = keyof typeof eventGroup;

/** Where an app wants a group's events, or undefined when it does not want them; `group` is an EventGroupId. */
export function targetOf(app: App | undefined, group: number): CallbackTarget | undefined {
  if (group === eventGroup.room) return app?.roomCallbacks?.room;
  if (group === eventGroup.media) return app?.roomCallbacks?.media;
  return app?.callback;
}
