import { STATUS_CODES } from 'node:http';
import { z } from 'zod';

/** Content type of a refusal (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

const fault = z.object({
  in: z.enum(['path', 'query', 'body']),
  at: z.string().describe('Name of the value, with dots into objects; empty for the whole.'),
  message: z.string(),
});

/** One value of a request that does not fit, and why. */
export type RequestFault = z.infer<typeof fault>;

/** The body of every refusal. */
export const problemDocument = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('The status in words.'),
    status: z.int(),
    detail: z.string().describe('What is wrong, for people.'),
    errors: z.array(fault).optional().describe('Every value that does not fit, with status 400.'),
  })
  .meta({ id: 'Problem' });

/** A refusal. Thrown by routes; one error handler turns it into the answer. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem';
  /** HTTP status. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly RequestFault[] | undefined;

  /** `detail` is a sentence for the caller; `headers` go along, such as `retry-after` in seconds. */
  constructor(
    status: number,
    detail: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly errors?: readonly RequestFault[] } = {},
  ) {
    super(detail);
    this.status = status;
    this.headers = more.headers ?? {};
    this.errors = more.errors;
  }
}

/** The document of a refusal. */
export const problemOf = (status: number, detail: string, errors?: readonly RequestFault[]): object => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Failed',
  status,
  detail,
  ...(errors ? { errors } : {}),
});
