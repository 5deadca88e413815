import { readForm, type Form } from './form.ts';
import { headerValue, isForm, type ApiRequest } from './request.ts';

/** What a call says of itself beside its action's own parameters: in headers with signature v3, in its form with v1. */
export interface ApiCall {
  readonly request: ApiRequest;
  /** The flat list that carries a v1 signature; undefined with v3. */
  readonly form: Form | undefined;
  readonly action: string | undefined;
  readonly version: string | undefined;
  readonly region: string | undefined;
  /** Of temporary credentials. */
  readonly token: string | undefined;
  /** Text of a Unix time in seconds. */
  readonly timestamp: string | undefined;
}

/**
 * Finds out which signature version a request speaks and reads what it says of itself. Empty texts count as not given.
 * @throws {ApiError} InvalidRequest for a v1 form that cannot be read.
 */
export function readCall(request: ApiRequest): ApiCall {
  const form = speaksV1(request) ? formOf(request) : undefined;
  const said = (name: string): string | undefined =>
    (form ? form.get(name) : headerValue(request.headers, `x-tc-${name.toLowerCase()}`)) || undefined;
  return {
    request,
    form,
    action: said('Action'),
    version: said('Version'),
    region: said('Region'),
    token: said('Token'),
    timestamp: said('Timestamp'),
  };
}

/** The query of a GET, the body of a POST. Throws {@link ApiError} InvalidRequest. */
export const formOf = ({ method, rawQuery, body }: ApiRequest): Form =>
  readForm(method === 'GET' ? rawQuery : body.toString());

/** v3 names its action in a header and signs in another; v1 knows no headers and has no other place than a form. */
function speaksV1({ method, headers }: ApiRequest): boolean {
  if (headerValue(headers, 'authorization') !== undefined || headerValue(headers, 'x-tc-action')) return false;
  return method === 'GET' || isForm(headers);
}
