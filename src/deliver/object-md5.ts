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

/** What a store says of an object, or a part, that it took. */
export interface Receipt {
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

/**
 * What the answer to a write says of its checksum: `unknown` where the ETag is no MD5, as it is not with a key of the
 * customer's although it may look like one; then the store alone has checked the MD5 that it was sent.
 */
export function checkReceipt(receipt: Receipt, md5: string): 'equal' | 'different' | 'unknown' {
  const { ServerSideEncryption = '', SSECustomerAlgorithm } = receipt;
  const encrypted = ServerSideEncryption.startsWith('aws:kms') || SSECustomerAlgorithm !== undefined;
  const etag = encrypted ? undefined : plainEtag(receipt.ETag);
  if (etag === undefined) return 'unknown';
  return etag === md5 ? 'equal' : 'different';
}
