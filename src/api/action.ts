import type { z } from 'zod';
import type { Account } from '../config/apps.ts';
import type { ResponseFields } from './envelope.ts';
import { checkParameters } from './parameters.ts';

/** One action of one API version, ready to be called with undecided parameters. */
export interface Action {
  readonly name: string;
  readonly version: string;
  /**
   * Checks the parameters and does the work for the account that signed.
   * Rejects with ApiError for an answer that is an error, with anything else for a fault of ours.
   */
  call(parameters: unknown, account: Account): Promise<ResponseFields>;
}

/** How an action is described; {@link defineAction} makes it callable. */
export interface ActionDefinition<Schema extends z.ZodType> {
  readonly name: string;
  readonly version: string;
  readonly schema: Schema;
  /** Parameters with their own MissingParameter code in this action (contract §2.10). */
  readonly twoLevelMissing: ReadonlySet<string>;
  /** Runs behind the schema: types are trusted here. */
  readonly run: (request: z.infer<Schema>, account: Account) => Promise<ResponseFields>;
}

/** Puts the schema in front of the work. */
export function defineAction<Schema extends z.ZodType>(definition: ActionDefinition<Schema>): Action {
  const { name, version, schema, twoLevelMissing, run } = definition;
  return {
    name,
    version,
    call: async (parameters, account) => run(checkParameters(schema, parameters, twoLevelMissing), account),
  };
}
