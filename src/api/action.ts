import type { z } from 'zod';
import type { Account } from '../config/apps.ts';
import type { ResponseFields } from './envelope.ts';
import type { ErrorCode } from './error-table.ts';
import type { FaultCode } from './errors.ts';
import { checkParameters, type RawParameters } from './parameters.ts';

/** API versions of the actions: those of rooms and recordings, and those of the media library (contract §1.1, §7.3). */
export const apiVersions = { trtc: '2019-07-22', vod: '2018-07-17' } as const;

/** An action as docs/reference/recording-api.md shows it. */
export interface ActionReference {
  readonly summary: string;
  /** Parameters. */
  readonly schema: z.ZodType;
  /** Members of the answer beside RequestId. */
  readonly answer: z.ZodType;
  readonly twoLevelMissing: ReadonlySet<string>;
  /** Codes beside those that every action can answer with. */
  readonly errors: readonly ErrorCode[];
}

/** One action of one API version, ready to be called with undecided parameters. */
export interface Action {
  readonly name: string;
  readonly version: string;
  /** Calls per second of one account when fewer than the account's own limit. */
  readonly queriesPerSecond: number | undefined;
  /** The code of a fault of ours; InternalError when absent. */
  readonly faultCode?: FaultCode | undefined;
  /** What the reference says of it; {@link defineAction} always gives it. */
  readonly reference?: ActionReference;
  /**
   * Checks the parameters and does the work for the account that signed.
   * Rejects with ApiError for an answer that is an error, with anything else for a fault of ours.
   */
  call(parameters: RawParameters, account: Account): Promise<ResponseFields>;
}

/** How an action is described; {@link defineAction} makes it callable. */
export interface ActionDefinition<Schema extends z.ZodType, Answer extends z.ZodType> {
  readonly name: string;
  readonly version: string;
  /** What it does, a sentence. */
  readonly summary: string;
  readonly schema: Schema;
  /** Describes the members of the answer; it is not checked at run time. */
  readonly answer: Answer;
  /** Codes of errors beside those that every action can answer with and those of missing parameters. */
  readonly errors: readonly ErrorCode[];
  /** Parameters with their own MissingParameter code in this action (contract §2.10). */
  readonly twoLevelMissing: ReadonlySet<string>;
  /** Calls per second of one account, for an action that may be called less often than others (contract §2.11). */
  readonly queriesPerSecond?: number;
  /** The code of a fault of ours, for an action that has its own (contract §2.10). */
  readonly faultCode?: FaultCode;
  /** Runs behind the schema: types are trusted here. */
  readonly run: (request: z.infer<Schema>, account: Account) => Promise<z.infer<Answer> & ResponseFields>;
}

/** Puts the schema in front of the work. */
export function defineAction<Schema extends z.ZodType, Answer extends z.ZodType>(
  definition: ActionDefinition<Schema, Answer>,
): Action {
  const { name, version, queriesPerSecond, faultCode, schema, twoLevelMissing, run } = definition;
  const { summary, answer, errors } = definition;
  return {
    name,
    version,
    queriesPerSecond,
    faultCode,
    reference: { summary, schema, answer, twoLevelMissing, errors },
    call: async (parameters, account) => run(checkParameters(schema, parameters, twoLevelMissing), account),
  };
}
