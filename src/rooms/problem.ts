/** A refusal as RFC 9457 writes it. Thrown by routes; one error handler turns it into the response. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP status. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** `detail` is a sentence for the caller; `headers` go along, such as `retry-after` in seconds. */
  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

/** Content type of a refusal. */
export const PROBLEM_TYPE = 'application/problem+json';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'No common codec',
  409: 'Conflict',
  412: 'Another session',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Cannot be served',
  429: 'Too many',
  503: 'Busy',
};

/** The body of a refusal. */
export function problemBody(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Failed', status, detail });
}
