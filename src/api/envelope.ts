import type { ApiError } from './errors.ts';

/** Fields of a successful answer, without RequestId. */
export type ResponseFields = Readonly<Record<string, unknown>>;

/** What goes back to the caller: always HTTP 200 with this body (contract §1.5). */
export interface ApiReply {
  readonly requestId: string;
  /** `ok` or the error's code; the metric label and the log field. */
  readonly code: string;
  /** JSON, UTF-8. */
  readonly body: Buffer;
}

const reply = (requestId: string, code: string, fields: ResponseFields): ApiReply => ({
  requestId,
  code,
  body: Buffer.from(JSON.stringify({ Response: { ...fields, RequestId: requestId } })),
});

/** `{"Response":{…fields,"RequestId":…}}` */
export const successReply = (requestId: string, fields: ResponseFields): ApiReply => reply(requestId, 'ok', fields);

/** `{"Response":{"Error":{"Code","Message"},"RequestId":…}}` and no other field. */
export const errorReply = (requestId: string, error: ApiError): ApiReply =>
  reply(requestId, error.code, { Error: { Code: error.code, Message: error.message } });
