/** What a command ends with. */
export const exitCode = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A command cannot do what it should: why, in a line, and what to do about it. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly remedy: string | undefined;
  readonly code: number = exitCode.failed;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** The command line itself is wrong. */
export class UsageError extends Failure {
  override readonly name = 'UsageError';
  override readonly code = exitCode.usage;
}
