import type { Scenario } from '../scenario.ts';
import { bucketTrouble } from './bucket.ts';
import { diskFull } from './disk-full.ts';
import { killScenario } from './kill.ts';
import { powerCut } from './power-cut.ts';
import { receiverDown } from './receiver-down.ts';
import { recorderStop } from './recorder-stop.ts';
import { storeLocked } from './store-locked.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  killScenario({
    role: 'recorder',
    does: 'SIGKILL of one of two recorders at random times, eight in each recording',
    kills: 100,
    quickKills: 6,
    together: 8,
    between: [5, 9],
    allowed: { single: 3, mixed: 3 },
  }),
  killScenario({
    role: 'server',
    does: 'SIGKILL of the server at random times: no recording may notice',
    kills: 20,
    quickKills: 3,
    together: 5,
    between: [4, 8],
    allowed: { single: 0, mixed: 0 },
  }),
  killScenario({
    role: 'rooms',
    does: 'SIGKILL of the rooms role at random times: only the time until the cameras publish again',
    kills: 20,
    quickKills: 3,
    together: 5,
    between: [8, 12],
    allowed: { single: 6, mixed: 6 },
  }),
  recorderStop,
  powerCut('journal'),
  powerCut('strict'),
  diskFull,
  bucketTrouble,
  receiverDown,
  storeLocked,
];
