import type { IncomingHttpHeaders } from 'node:http';

/** One request on `/` as it came off the wire; nothing is decoded, because signatures cover the bytes. */
export interface ApiRequest {
  readonly method: string;
  /** Text after `?`, byte for byte as received, without the `?`. */
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A header's value with surrounding blanks removed, or undefined when absent. Repeated headers are joined. */
export function headerValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(', ') : value)?.trim();
}

/** Media type of the body without its parameters, lower case; empty when the header is absent. */
export function mediaType(headers: IncomingHttpHeaders): string {
  const [type = ''] = (headerValue(headers, 'content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Whether the headers announce a form, as signature v1 sends it. */
export const isForm = (headers: IncomingHttpHeaders): boolean =>
  mediaType(headers) === 'application/x-www-form-urlencoded';
