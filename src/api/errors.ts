/**
 * Every error the API can answer with, in one table: code, message, whether the same request may succeed later, and
 * whose fault it is. Codes are the contract's (§1.5, §2.10), message forms too; `{slot}` is filled by {@link apiError}.
 */
interface ErrorRule {
  readonly message: string;
  /** The same request, unchanged, may succeed later. */
  readonly retryable: boolean;
  readonly fault: 'caller' | 'destination' | 'ours';
}

const caller = <const Message extends string>(message: Message) => ({
  message,
  retryable: false,
  fault: 'caller' as const,
});

const missing = caller('The request is missing a required parameter `{parameter}`.');

const errorTable = {
  'AuthFailure.InvalidAuthorization': caller(
    'The Authorization header is not valid: it must be TC3-HMAC-SHA256 with Credential, SignedHeaders (content-type and host at least) and Signature.',
  ),
  'AuthFailure.SecretIdNotFound': caller('The SecretId is not found, please ensure that your SecretId is correct.'),
  'AuthFailure.SignatureExpire': caller(
    'The request has expired: its timestamp differs from the server time by more than {seconds} seconds.',
  ),
  'AuthFailure.SignatureFailure': caller(
    'The provided credentials could not be validated. Please check your signature is correct.',
  ),
  'AuthFailure.TokenFailure': caller('The token is not valid: temporary credentials are not issued by this server.'),
  'AuthFailure.UnauthorizedOperation': caller('The account may not use the value of the parameter `{parameter}`.'),
  'FailedOperation.RestrictedConcurrency': {
    message: 'The app has reached its limit of {limit} recording tasks at a time.',
    retryable: true,
    fault: 'caller',
  },
  'InternalError.CRInternalError': {
    message: 'An internal error occurred. Please retry the request later.',
    retryable: true,
    fault: 'ours',
  },
  InvalidAction: caller('The action `{action}` is not valid or not found.'),
  InvalidParameter: caller(
    'The value type of parameter `{parameter}` is not valid, input type should be `{expected}`.',
  ),
  'InvalidParameter.OutOfRange': caller('The value of parameter `{parameter}` is out of range: {rule}.'),
  'InvalidParameter.SdkAppId': caller('The SdkAppId does not exist or does not belong to the account.'),
  'InvalidParameter.UserSig': caller('The UserSig is not valid for this SdkAppId and UserId, or it has expired.'),
  InvalidRequest: caller('The request is not valid: {reason}.'),
  MissingParameter: missing,
  'MissingParameter.AccessKey': missing,
  'MissingParameter.Bucket': missing,
  'MissingParameter.CloudStorage': missing,
  'MissingParameter.RecordMode': missing,
  'MissingParameter.RecordParams': missing,
  'MissingParameter.Region': missing,
  'MissingParameter.RoomId': missing,
  'MissingParameter.SdkAppId': missing,
  'MissingParameter.SecretKey': missing,
  'MissingParameter.StorageParams': missing,
  'MissingParameter.StreamType': missing,
  'MissingParameter.TaskId': missing,
  'MissingParameter.UserId': missing,
  'MissingParameter.UserSig': missing,
  'MissingParameter.Vendor': missing,
  NoSuchVersion: caller('The API version `{version}` does not exist.'),
  RequestLimitExceeded: {
    message:
      'Your current request times equals to `{count}` in a second, which exceeds the frequency limit `{limit}` for a second. Please reduce the frequency of calls.',
    retryable: true,
    fault: 'caller',
  },
  RequestSizeLimitExceeded: caller('The request is larger than {bytes} bytes.'),
  ResourceNotFound: caller('The task does not exist or has ended.'),
  UnknownParameter: caller('The parameter `{parameter}` is not recognized.'),
  UnsupportedOperation: caller('The operation is not supported: {reason}.'),
  UnsupportedProtocol: caller('The HTTP method is not supported: use GET or POST.'),
  UnsupportedRegion: caller('A value specified in `X-TC-Region` is not valid, is unsupported, or cannot be used.'),
} as const satisfies Record<string, ErrorRule>;

/** A code of the table. */
export type ErrorCode = keyof typeof errorTable;

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

/** MissingParameter and its two-level forms. */
export type MissingCode = Extract<ErrorCode, `MissingParameter${string}`>;

/** Whether a text is one of the {@link MissingCode}s of the table (contract D-5). */
export const isMissingCode = (code: string): code is MissingCode =>
  code.startsWith('MissingParameter') && Object.hasOwn(errorTable, code);
