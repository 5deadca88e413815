import { AddressRefusedError } from '../address-guard.ts';
import { DestinationError, type DestinationFault } from './object-store.ts';

/** What of an error of the S3 client, or of a connection, is looked at. */
interface StoreFailure {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const byName: Readonly<Record<string, DestinationFault>> = {
  AccessDenied: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  RequestTimeTooSkewed: 'denied',
  NoSuchBucket: 'no-bucket',
  InvalidBucketName: 'no-bucket',
  PermanentRedirect: 'no-bucket',
  AuthorizationHeaderMalformed: 'no-bucket',
  NoSuchUpload: 'no-upload',
  InvalidPart: 'no-upload',
  InvalidPartOrder: 'no-upload',
  BadDigest: 'checksum',
  InvalidDigest: 'checksum',
};

const byStatus: Readonly<Record<number, DestinationFault>> = {
  301: 'no-bucket',
  307: 'no-bucket',
  401: 'denied',
  403: 'denied',
  404: 'no-bucket',
};

const sentences: Readonly<Record<DestinationFault, string>> = {
  denied: 'refused the access keys or what they may do',
  'no-bucket': 'has no such bucket in this region',
  address: 'has an address that may not be connected to',
  unreachable: 'could not be reached',
  timeout: 'did not answer in time',
  'no-upload': 'does not know the parts that it has confirmed',
  checksum: 'did not store the bytes that it was sent',
  store: 'answered with an error',
  cancelled: 'was not waited for',
};

// What a store says may be anything, also what it was sent; only what looks like a code is repeated.
const codePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** The error of a fault of the bucket at `host`, with the store's own code where there is one. */
export function bucketError(fault: DestinationFault, host: string, detail = ''): DestinationError {
  const code = detail === '' ? '' : ` (${detail})`;
  return new DestinationError(fault, `the bucket’s store at ${host} ${sentences[fault]}${code}`);
}

/** Says what went wrong with the store at `host`, without anything that was secret. */
export function asDestinationError(error: unknown, host: string): DestinationError {
  if (error instanceof DestinationError) return error;
  if (error instanceof AddressRefusedError) return bucketError('address', host);
  const { name, code, $metadata } = (error ?? {}) as StoreFailure;
  const status = $metadata?.httpStatusCode;
  // A bare host of EndpointUrl means TLS, which a store on the customer's own machine may not speak.
  if (code === 'EPROTO')
    return bucketError('unreachable', host, 'EPROTO: without TLS its EndpointUrl begins with http://');
  const words = [status === undefined ? code : name, status].filter(isSayable);
  const fault = status === undefined ? connectionFault(name, code) : (byName[String(name)] ?? byStatus[status]);
  return bucketError(fault ?? 'store', host, words.join(' '));
}

// The client library calls every lost connection a timeout.
const lost: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

const connectionFault = (name: unknown, code: unknown): DestinationFault =>
  name === 'TimeoutError' && !lost.has(code) ? 'timeout' : 'unreachable';

const isSayable = (word: unknown): boolean =>
  typeof word === 'number' || (typeof word === 'string' && codePattern.test(word));
