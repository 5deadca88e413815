import type { MediumSubscription, SubscriptionPlan } from '../worker-api/messages.ts';

/** What of a user is recorded. */
export interface Wanted {
  readonly audio: boolean;
  readonly video: boolean;
}

/** A user of whom nothing is recorded. */
export const noMedium: Wanted = { audio: false, video: false };

/** An entry that ends so is a prefix; nothing else of a regular expression has a meaning (contract §2.3). */
const PREFIX_MARK = '.*$';

/** The ids of all who are in the room now. */
type Presence = Pick<ReadonlySet<string>, 'has'>;

/** Whether an entry that is a prefix elsewhere may mean this user alone, so that the user's coming and going matters to all. */
export const couldVoidAPrefix = (userId: string): boolean => userId.endsWith(PREFIX_MARK);

/**
 * What the lists allow of a user: sound and picture are judged apart (contract §2.3). `present` knows who is in the room
 * now, since a user who is literally named like a prefix entry makes it mean that user alone. Pure.
 */
export const wantedOf = ({ audio, video }: SubscriptionPlan, userId: string, present: Presence): Wanted => ({
  audio: isAllowed(audio, userId, present),
  video: isAllowed(video, userId, present),
});

/** An empty list restricts nothing; where both have entries, which the API refuses, block wins. */
function isAllowed({ allow, block }: MediumSubscription, userId: string, present: Presence): boolean {
  const names = (entry: string): boolean => isNamed(entry, userId, present);
  return !block.some(names) && (allow.length === 0 || allow.some(names));
}

function isNamed(entry: string, userId: string, present: Presence): boolean {
  if (entry === userId) return true;
  if (!entry.endsWith(PREFIX_MARK) || present.has(entry)) return false;
  return userId.startsWith(entry.slice(0, -PREFIX_MARK.length));
}
