import type { Scenario } from '../scenario.ts';
import { bucketTrouble } from './bucket.ts';
import { diskFull } from './disk-full.ts';
import { killScenario } from './kill.ts';
import { powerCut } from './power-cut.ts';
import { receiverDown } from './receiver-down.ts';
import { recorderStop } from './recorder-stop.ts';
import { storeLocked } from './store-locked.ts';
import { uploadKill } from './upload-kill.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  killScenario({
    role: 'recorder',
    does: 'SIGKILL of one of two recorders, one that is writing, at random times, ten in each recording',
    kills: 100,
    quickKills: 6,
    together: 10,
    between: [5, 7],
    allowed: { single: 3, mixed: 3 },
  }),
  killScenario({
    role: 'server',
    does: 'SIGKILL of the server at random times: no recording may notice',
    kills: 20,
    quickKills: 3,
    together: 7,
    between: [3, 6],
    allowed: { single: 0, mixed: 0 },
  }),
  killScenario({
    role: 'rooms',
    does: 'SIGKILL of the rooms role at random times: only the time until the cameras publish again',
    kills: 20,
    quickKills: 3,
    together: 7,
    between: [7, 10],
    allowed: { single: 6, mixed: 6 },
  }),
  recorderStop,
  powerCut('journal'),
  powerCut('strict'),
  diskFull,
  bucketTrouble,
  uploadKill,
  receiverDown,
  storeLocked,
];
