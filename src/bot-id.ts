import { createHash, randomBytes } from 'node:crypto';

/** What ids of our own bots begin with, and nobody else's may. Its dot is not in the documented alphabet of user ids. */
const RESERVED_PREFIX = 'roomtape.';

/** For messages to whoever asked for such an id. */
export const RESERVED_RULE = `it must not begin with ${RESERVED_PREFIX}, which recordings by rule use`;

/** Whether an id is kept for bots that the server makes itself: nobody may publish, watch or record under it. */
export const isReservedUserId = (userId: string): boolean => userId.startsWith(RESERVED_PREFIX);

/** What ids of administrators who watch from the console begin with. */
const WATCHER_PREFIX = `${RESERVED_PREFIX}watch.`;

/** As whom an administrator watches rooms; one id for each, so that what one may open at once is bounded. */
export const watcherId = (administrator: string): string =>
  WATCHER_PREFIX + createHash('sha256').update(administrator).digest('hex').slice(0, 12);

/** Whether an id is that of an administrator who watches: nobody in the room sees it. */
export const isWatcherId = (userId: string): boolean => userId.startsWith(WATCHER_PREFIX);

/** A new id for a bot of ours, no other task's: `roomtape.single.9f2c…`, within the 32 bytes that user ids may have. */
export const newBotId = (mode: 'single' | 'mixed'): string =>
  `${RESERVED_PREFIX}${mode}.${randomBytes(6).toString('hex')}`;
