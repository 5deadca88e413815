import { createHash } from 'node:crypto';

/** MD5 in hex digits. */
export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** The form in which a request carries it (RFC 1864). */
export const contentMd5 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/** An ETag as hex digits when it looks like an MD5; undefined for parts and for stores that have another kind. */
export function plainEtag(etag: string | undefined): string | undefined {
  const bare = etag?.replaceAll('"', '').toLowerCase();
  return bare !== undefined && /^[0-9a-f]{32}$/.test(bare) ? bare : undefined;
}

/** Checksum of an object that was sent in parts: of the parts' MD5s, with their number. */
export const md5OfParts = (md5s: readonly string[]): string =>
  `${md5Of(Buffer.from(md5s.join(''), 'hex'))}-${md5s.length}`;

/** What a store says of an object, or a part, that it took. */
export interface Receipt {
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

const isEncrypted = ({ ServerSideEncryption = '', SSECustomerAlgorithm }: Receipt): boolean =>
  ServerSideEncryption.startsWith('aws:kms') || SSECustomerAlgorithm !== undefined;

/**
 * What the answer to a write says of its checksum: `unknown` where the ETag is no MD5, as it is not with a key of the
 * customer's although it may look like one; then the store alone has checked the MD5 that it was sent.
 */
export function checkReceipt(receipt: Receipt, md5: string): 'equal' | 'different' | 'unknown' {
  const etag = isEncrypted(receipt) ? undefined : plainEtag(receipt.ETag);
  if (etag === undefined) return 'unknown';
  return etag === md5 ? 'equal' : 'different';
}

/** {@link checkReceipt} for an object that was sent in parts: stores have the checksum of the parts, or of the whole. */
export function checkPartsReceipt(
  receipt: Receipt,
  checksums: { parts: string; whole: string },
): 'equal' | 'different' | 'unknown' {
  if (checkReceipt(receipt, checksums.whole) === 'equal') return 'equal';
  const etag = isEncrypted(receipt) ? undefined : receipt.ETag?.replaceAll('"', '').toLowerCase();
  if (etag === undefined || !/^[0-9a-f]{32}-\d+$/.test(etag)) return 'unknown';
  return etag === checksums.parts ? 'equal' : 'different';
}
