import type { IncomingHttpHeaders } from 'node:http';
import { apiError } from './errors.ts';
import { isForm, type ApiRequest } from './request.ts';

/** Largest GET request: its query, in bytes (contract §1.1). */
export const maxGetBytes = 32 * 1024;
/** Largest POST body with signature v1, in bytes (contract §1.1). */
export const maxFormBytes = 1024 * 1024;
/** Largest POST body with signature v3, in bytes (contract §1.1). */
export const maxPostBytes = 10 * 1024 * 1024;

/** Largest body of a POST with these headers, in bytes. A form is what v1 sends; v3 sends JSON. */
export const maxBodyBytes = (headers: IncomingHttpHeaders): number => (isForm(headers) ? maxFormBytes : maxPostBytes);

/** @throws {ApiError} RequestSizeLimitExceeded when the request is larger than its transport may be. */
export function checkSize({ method, rawQuery, headers, body }: ApiRequest): void {
  const [bytes, limit] = method === 'GET' ? [rawQuery.length, maxGetBytes] : [body.length, maxBodyBytes(headers)];
  if (bytes > limit) throw apiError('RequestSizeLimitExceeded', { bytes: limit });
}
