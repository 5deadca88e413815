import type { Command } from './command.ts';
import { demo } from './demo.ts';
import { describe } from './describe.ts';
import { doctor } from './doctor.ts';
import { ls } from './ls.ts';
import { record } from './record.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { usersig } from './usersig.ts';
import { verify } from './verify.ts';

/** Every subcommand, in the order of the help and of the reference. */
export const commands: readonly Command[] = [start, demo, record, stop, ls, describe, verify, usersig, doctor];
