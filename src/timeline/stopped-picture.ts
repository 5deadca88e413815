import { micros } from '../units.ts';

/**
 * A user without a picture for this long sends none, and black may stand for it (FillType 1, contract §2.2); a screen that
 * does not change still sends one a second.
 */
export const stoppedAfter = micros(3_000_000);
