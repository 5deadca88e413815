import type { Micros } from '../units.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';

/** What a running task asks of its recorder. */
export interface TaskLoad {
  readonly mode: RecordingPlan['mode'];
  /** Whether media is arriving: a task in an empty room costs nothing. */
  readonly flowing: boolean;
  /** Time spent on writing since the task began here: composing and encoding, of a mix. */
  readonly spentUs: Micros;
  /** How far writing is behind what could be written now. */
  readonly lagUs: Micros;
}
