import { errorTable, type ErrorCode, type ErrorRule } from './error-table.ts';

type SlotsOf<Message extends string> = Message extends `${string}{${infer Slot}}${infer Rest}`
  ? Slot | SlotsOf<Rest>
  : never;
type Slots<Code extends ErrorCode> = Record<SlotsOf<(typeof errorTable)[Code]['message']>, string | number>;
type SlotArguments<Code extends ErrorCode> = [SlotsOf<(typeof errorTable)[Code]['message']>] extends [never]
  ? []
  : [slots: Slots<Code>];

/** Outside text in a message is cut here; a body of megabytes must not come back in its own error. */
const maxSlotLength = 128;

const slotText = (value: string | number | undefined): string => {
  const text = String(value);
  return text.length <= maxSlotLength ? text.toWellFormed() : `${text.slice(0, maxSlotLength).toWellFormed()}…`;
};

/** An answer of the API that is an error; everything else thrown behind the door is a fault of ours. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;

  /** Use {@link apiError}, which ties the message's slots to the code. */
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** The same request, unchanged, may succeed later. */
  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  /** Who can do something about it. */
  get fault(): ErrorRule['fault'] {
    return errorTable[this.code].fault;
  }
}

/** Makes the error of a code; the compiler asks for exactly the slots of its message. */
export function apiError<Code extends ErrorCode>(code: Code, ...[slots]: SlotArguments<Code>): ApiError {
  const values: Record<string, string | number> = slots ?? {};
  return new ApiError(
    code,
    errorTable[code].message.replaceAll(/\{(\w+)\}/g, (_, slot: string) => slotText(values[slot])),
  );
}

/** The bare form of a two-level MissingParameter, with the same message; other errors as they are (contract D-5). */
export const withBareMissing = (error: ApiError): ApiError =>
  error.code.startsWith('MissingParameter.') ? new ApiError('MissingParameter', error.message) : error;

/** What a fault of ours is answered with. */
export type FaultCode = Extract<ErrorCode, 'InternalError' | 'InternalError.CRInternalError'>;

/** MissingParameter and its two-level forms. */
export type MissingCode = Extract<ErrorCode, `MissingParameter${string}`>;

/** Whether a text is one of the {@link MissingCode}s of the table (contract D-5). */
export const isMissingCode = (code: string): code is MissingCode =>
  code.startsWith('MissingParameter') && Object.hasOwn(errorTable, code);
