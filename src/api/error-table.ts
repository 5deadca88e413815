/** What is said of one code of the {@link errorTable}. */
export interface ErrorRule {
  readonly message: string;
  /** The same request, unchanged, may succeed later. */
  readonly retryable: boolean;
  readonly fault: 'caller' | 'destination' | 'ours';
  /** Completes "Answered when …". */
  readonly cause: string;
  /** What the caller can do, a sentence. */
  readonly remedy: string;
}

const caller = <const Message extends string>(message: Message, cause: string, remedy: string) => ({
  message,
  retryable: false,
  fault: 'caller' as const,
  cause,
  remedy,
});

const later = <const Message extends string>(message: Message, cause: string, remedy: string) => ({
  ...caller(message, cause, remedy),
  retryable: true,
});

const ours = <const Message extends string>(message: Message, cause: string) => ({
  message,
  retryable: true,
  fault: 'ours' as const,
  cause,
  remedy:
    'Send the same request again after 3, 6, 12 … seconds. The log of the server has the cause beside the RequestId.',
});

const missing = caller(
  'The request is missing a required parameter `{parameter}`.',
  'a required parameter is absent or an empty text. The longer codes name it; the bare one is for all others',
  'Send the parameter that the message names.',
);

/**
 * Every error the API can answer with, in one table: code, message, whether the same request may succeed later, whose
 * fault it is, when it is given and what helps. Codes are the contract's (§1.5, §2.10, §2.11, §7.3), message forms too;
 * `{slot}` is filled by `apiError`. docs/reference/errors.md is written from it (`npm run reference`).
 */
export const errorTable = {
  'AuthFailure.InvalidAuthorization': caller(
    'The Authorization header is not valid: it must be TC3-HMAC-SHA256 with Credential, SignedHeaders (content-type and host at least) and Signature.',
    'the Authorization header is absent, of another scheme, or `SKIP`; with `compat.scope_service: trtc` also when its credential scope names another service',
    'Let the SDK sign the request; do not set the header by hand.',
  ),
  'AuthFailure.SecretIdNotFound': caller(
    'The SecretId is not found, please ensure that your SecretId is correct.',
    'no account of this server has the SecretId',
    'Use a key pair of `accounts` in the configuration of this server, not one of the cloud.',
  ),
  'AuthFailure.SignatureExpire': caller(
    'The request has expired: its timestamp differs from the server time by more than {seconds} seconds.',
    'the clocks of client and server are too far apart, or a request is sent again as it was',
    'Set the clocks by NTP, and sign again for each attempt.',
  ),
  'AuthFailure.SignatureFailure': caller(
    'The provided credentials could not be validated. Please check your signature is correct.',
    'the SecretKey is another, or the request changed after it was signed',
    'Check the SecretKey. A proxy in between must leave Host, path, query and body as they are.',
  ),
  'AuthFailure.TokenFailure': caller(
    'The token is not valid: temporary credentials are not issued by this server.',
    'the request carries a token of temporary credentials',
    'Use a permanent key pair of this server.',
  ),
  'AuthFailure.UnauthorizedOperation': caller(
    'The account may not use the value of the parameter `{parameter}`.',
    'the value belongs to an app of another account',
    'Use a value of your own, or add the app to the account in the configuration.',
  ),
  'FailedOperation.InvalidVodUser': caller(
    'The account has no media library.',
    'a call of the media library comes from an account without an app that has one',
    'Add an app with `storage: { library: {} }` to the account.',
  ),
  'FailedOperation.RestrictedConcurrency': later(
    'No more recording tasks can begin now: {reason}.',
    'the app has as many live recording tasks as it may, no recorder could carry one more without falling behind, or their disks are nearly full',
    'Stop recordings that are not needed; raise `limits.concurrent_tasks` of the app, add recorders, or free space under their spools, whichever the message names.',
  ),
  'FailedOperation.RoomNotExist': caller(
    'The room does not exist.',
    'an action on a room names one that nobody is in',
    'Check SdkAppId and RoomId, and whether the room is named by number or by text.',
  ),
  'FailedOperation.TaskNotExist': caller(
    'The task does not exist, or it has ended.',
    '`compat.unknown_task` is `task_not_exist` in the configuration, and a TaskId is unknown, belongs to another app, or its task has ended or outlived ResourceExpiredHour',
    'Take it as gone. What a task recorded was announced by callback 311.',
  ),
  InternalError: ours(
    'An internal error occurred. Please retry the request later.',
    'this server failed, or did not finish within six seconds, at a call that is none of the four on recordings. What was asked for may have been done nevertheless',
  ),
  'InternalError.CRInternalError': ours(
    'An internal error occurred. Please retry the request later.',
    'this server failed, or did not finish within six seconds, at a call on recordings. What was asked for may have been done nevertheless',
  ),
  'InternalError.GetRoomFromCacheError': ours(
    'The rooms cannot be reached at the moment. Please retry the request later.',
    'an action on rooms found the rooms role restarting or out of reach',
  ),
  InvalidAction: caller(
    'The action `{action}` is not valid or not found.',
    'the action is not one of this server, or not one of this API version',
    'Check the spelling; actions are listed in the README.',
  ),
  InvalidParameter: caller(
    'The value type of parameter `{parameter}` is not valid, input type should be `{expected}`.',
    'a value is of another JSON type, or a text that is no number in the flat form; also a negative number where only positive ones are',
    'Send the type that the message names. Identifiers of rooms are texts, of apps are numbers.',
  ),
  'InvalidParameter.OutOfRange': caller(
    'The value of parameter `{parameter}` is out of range: {rule}.',
    'a value is of the right type and not among the allowed ones',
    'Keep to the rule in the message.',
  ),
  'InvalidParameter.PageSize': caller(
    'The value of parameter `PageSize` is not valid: it must be at least 1.',
    'a page of no entries is asked for',
    'Leave PageSize out, or send a number from 1 to 100.',
  ),
  'InvalidParameter.PageSizeOversize': caller(
    'The value of parameter `PageSize` is not valid: it must be at most 100.',
    'a page of more than 100 entries is asked for',
    'Ask for several pages.',
  ),
  'InvalidParameter.QueryScaleOversize': caller(
    'StartTime and EndTime are too far apart: at most {most} can be asked about at a time.',
    'DescribeRoomInfo is asked about more than 24 hours, DescribeUserInfo about more than 4, or a statistic about more than 31 days',
    'Ask in several calls.',
  ),
  'InvalidParameter.RoomId': caller(
    'The RoomId is not valid: {rule}.',
    'an action on rooms names a room in a form that no room can have',
    'Send a number from 1 to 4294967294, or with the action for string rooms a text of at most 64 bytes.',
  ),
  'InvalidParameter.SdkAppId': caller(
    'The SdkAppId does not exist or does not belong to the account.',
    'the app is unknown, or the account that signed may not act for it',
    'Use an app that is listed at the account in the configuration.',
  ),
  'InvalidParameter.StartTs': caller(
    'The value of parameter `StartTime` is not valid: it must not lie after EndTime.',
    'the time that is asked about ends before it begins',
    'Send both in seconds since 1970, StartTime first.',
  ),
  'InvalidParameter.StartTsOversize': caller(
    'The value of parameter `StartTime` is not valid: only the last {days} days can be queried.',
    'the time that is asked about begins before what is kept',
    'Ask about the last 14 days, in seconds since 1970.',
  ),
  'InvalidParameter.UserIds': caller(
    'The UserIds are not valid: {rule}.',
    'a list of users is empty, too long, or has an entry that is no user id',
    'Keep to the rule in the message.',
  ),
  'InvalidParameter.UserSig': caller(
    'The UserSig is not valid for this SdkAppId and UserId, or it has expired.',
    'the UserSig was made for another user, with another key, or too long ago',
    'Make it for exactly the UserId of the request, with the secret key of the app (`npm run usersig`).',
  ),
  InvalidParameterValue: caller(
    'The value `{value}` specified in the parameter `{parameter}` is not valid.',
    'a value of the call itself, or one of a library or room action, is not among the allowed ones',
    'Send one of the allowed values.',
  ),
  'InvalidParameterValue.FileIds': caller(
    'The FileIds are not valid.',
    'a list of files has an entry that is no FileId',
    'Send FileIds as callback 311 and SearchMedia give them.',
  ),
  'InvalidParameterValue.FileIdsEmpty': caller(
    'The FileIds are empty.',
    'a list of files has no entry',
    'Name at least one file.',
  ),
  'InvalidParameterValue.FileIdsOverLimit': caller(
    'There are more than {limit} FileIds.',
    'a list of files is too long',
    'Ask in several calls.',
  ),
  'InvalidParameterValue.SubAppId': caller(
    'The SubAppId does not exist or does not belong to the account.',
    'the media library of that number is not one of the account’s',
    'Use the SubAppId that the recording was created with; it is the SdkAppId when none was given.',
  ),
  InvalidRequest: caller(
    'The request is not valid: {reason}.',
    'HTTP, JSON or the flat form could not be read',
    'Let the SDK build the request; the message says what was in the way.',
  ),
  MissingParameter: missing,
  'MissingParameter.AccessKey': missing,
  'MissingParameter.Bucket': missing,
  'MissingParameter.CloudStorage': missing,
  'MissingParameter.CommId': missing,
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
  'MissingParameter.UserIds': missing,
  'MissingParameter.UserSig': missing,
  'MissingParameter.Vendor': missing,
  NoSuchVersion: caller(
    'The API version `{version}` does not exist.',
    'the version belongs to no action of this server',
    'Use version 2019-07-22 for recording and 2018-07-17 for the media library; take the client of the SDK that has it in its name.',
  ),
  RequestLimitExceeded: later(
    'Your current request times equals to `{count}` in a second, which exceeds the frequency limit `{limit}` for a second. Please reduce the frequency of calls.',
    'an account calls one action more often than it may',
    'Spread the calls, or raise `limits.queries_per_second` of the app.',
  ),
  RequestSizeLimitExceeded: caller(
    'The request is larger than {bytes} bytes.',
    'a query is larger than 32 KB, a form than 1 MB, or a JSON body than 10 MB',
    'Send JSON by POST, signed with TC3-HMAC-SHA256.',
  ),
  ResourceNotFound: caller(
    'The task or file does not exist, or it has ended.',
    'a TaskId or FileId is unknown, belongs to another app, or its task has ended or outlived ResourceExpiredHour',
    'Take it as gone. What a task recorded was announced by callback 311.',
  ),
  UnknownParameter: caller(
    'The parameter `{parameter}` is not recognized.',
    'a name is not one of the action’s, most often a misspelt one or one at a wrong level',
    'Check spelling and capitals; the message has the whole path.',
  ),
  UnsupportedOperation: caller(
    'The operation is not supported: {reason}.',
    'parameters exclude each other, or ask for what this server does not do',
    'Act on the reason in the message; nothing was started.',
  ),
  UnsupportedProtocol: caller(
    'The HTTP method is not supported: use GET or POST.',
    'the request is neither GET nor POST',
    'Use GET or POST.',
  ),
  UnsupportedRegion: caller(
    'A value specified in `X-TC-Region` is not valid, is unsupported, or cannot be used.',
    '`api.regions` is set in the configuration and does not have the region of the request',
    'Use a region of that list, or none; by default any is taken.',
  ),
} as const satisfies Record<string, ErrorRule>;

/** A code of the table. */
export type ErrorCode = keyof typeof errorTable;
