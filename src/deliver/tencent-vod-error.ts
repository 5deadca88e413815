/** What an upload was doing when it failed; API actions by their names, COS calls by what they do. */
export type UploadStep = 'ApplyUpload' | 'CommitUpload' | 'DescribeSubAppIds' | 'begin' | 'part' | 'complete' | 'check';

/** Actions of the API. */
export type ApiStep = Extract<UploadStep, 'ApplyUpload' | 'CommitUpload' | 'DescribeSubAppIds'>;

/** Whose fault a failed upload is: the destination's (network, load, credentials), the task's options, or ours. */
export type UploadFault = 'destination' | 'options' | 'ours';

/**
 * An upload to Tencent VOD failed. The message is one English sentence fit for callback 311's Errmsg; it carries no
 * secret, and there is no `cause`, because what the packages throw may.
 */
export class TencentVodError extends Error {
  override name = 'TencentVodError';
  readonly fault: UploadFault;
  /** Whether the same upload may succeed later. Faults of the destination may, the others do not heal by waiting. */
  readonly retryable: boolean;
  /** What the API called it when it refused; empty for all else. */
  readonly code: string;

  /** A failure by its fault, in one sentence. */
  constructor(fault: UploadFault, message: string, code = '') {
    super(message);
    this.code = code;
    this.fault = fault;
    this.retryable = fault === 'destination';
  }
}

/** Takes secrets out of a text that came from outside. */
export type Conceal = (text: string) => string;

/** Replaces each of the secrets by `***`, and keeps the text to one line of bounded length. */
export function concealing(secrets: readonly string[]): Conceal {
  const known = secrets.filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length);
  return (text) => {
    const hidden = known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
    const line = hidden.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
    return line.length > 300 ? `${line.slice(0, 300)}…` : line;
  };
}

const stepNames: Readonly<Record<UploadStep, string>> = {
  ApplyUpload: 'Tencent VOD, ApplyUpload',
  CommitUpload: 'Tencent VOD, CommitUpload',
  DescribeSubAppIds: 'Tencent VOD, DescribeSubAppIds',
  begin: 'COS, begin of the upload',
  part: 'COS, part of the upload',
  complete: 'COS, end of the upload',
  check: 'COS, check of the object',
};

/** Refusals that say the request itself is wrong: waiting does not change them. */
const nonsense = /^(InvalidParameter|MissingParameter|UnknownParameter|UnsupportedOperation|InvalidAction)(\.|Value|$)/;

/**
 * What the VOD SDK threw, as an error of ours. A refused CommitUpload stays the destination's: its only parameter came
 * from ApplyUpload, and the next try fetches a new one.
 */
export function apiError(step: ApiStep, thrown: unknown, conceal: Conceal): TencentVodError {
  const { code, httpCode, requestId, message } = fieldsOf(thrown);
  const request = requestId === '' ? '' : ` (request ${requestId})`;
  const fault = step === 'ApplyUpload' && nonsense.test(code) ? 'options' : 'destination';
  if (code !== '')
    return failure(fault, step, conceal, `refused with ${code}, ${message || 'no reason given'}${request}`, code);
  if (httpCode !== '') return failure('destination', step, conceal, `answered HTTP ${httpCode} ${message}`);
  return failure('destination', step, conceal, `gave no usable answer, ${message || 'the connection failed'}`);
}

/** What the COS SDK threw, as an error of ours: always the destination's, since VOD said where and how to upload. */
export function cosError(step: UploadStep, thrown: unknown, conceal: Conceal): TencentVodError {
  const { code, statusCode, message } = fieldsOf(thrown);
  const said = [code, message].filter((text, i, all) => text !== '' && all.indexOf(text) === i).join(', ');
  const what = statusCode === '' ? 'gave no answer' : `answered HTTP ${statusCode}`;
  return failure('destination', step, conceal, said === '' ? what : `${what}, ${said}`);
}

/** An answer that does not say what it must. */
export const answerError = (step: UploadStep, what: string): TencentVodError =>
  new TencentVodError('destination', `${stepNames[step]}: ${what}.`);

function failure(fault: UploadFault, step: UploadStep, conceal: Conceal, what: string, code = ''): TencentVodError {
  return new TencentVodError(fault, `${stepNames[step]}: ${conceal(what).replace(/\.$/, '')}.`, code);
}

type ThrownField = 'code' | 'httpCode' | 'statusCode' | 'requestId' | 'message';

/** The COS SDK throws plain objects, the VOD SDK errors with fields of their own; numbers become text. */
function fieldsOf(thrown: unknown): Record<ThrownField, string> {
  const from = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>;
  const text = (name: ThrownField): string => {
    const value = from[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  return {
    code: text('code'),
    httpCode: text('httpCode'),
    statusCode: text('statusCode'),
    requestId: text('requestId'),
    message: text('message'),
  };
}
