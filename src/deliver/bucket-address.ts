import { isIP } from 'node:net';
import { mayConnectPublicly } from '../address-guard.ts';
import type { BucketDestination } from '../worker-api/messages.ts';
import { DestinationError } from './object-store.ts';

/** Where a bucket's objects are reached. */
export interface BucketAddress {
  /** Scheme, host and port of the service, without the bucket. */
  readonly endpoint: string;
  /** The bucket stands in the path; otherwise in front of the host. */
  readonly pathStyle: boolean;
  /** Host that is connected to, without brackets and port. */
  readonly host: string;
}

/** What of a destination says where it is. */
export type BucketPlace = Pick<BucketDestination, 'vendor' | 'region' | 'bucket' | 'endpoint'>;

const regionPattern = /^[a-z0-9-]{1,64}$/;
const bucketPattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}$/;

const notAnAddress = (what: string): DestinationError => new DestinationError('address', what);

/**
 * Derives where a destination is: COS and AWS by their region with the bucket in front of the host, any other S3 service
 * at its endpoint with the bucket in the path. @throws DestinationError `address` for what cannot be one.
 */
export function bucketAddress(destination: BucketPlace): BucketAddress {
  const { vendor, region, bucket, endpoint } = destination;
  const fault = addressFault(destination);
  if (fault) throw notAnAddress(`the bucket’s ${fault} cannot be one`);
  const own = endpoint && endpointUrl(endpoint);
  if (own) return { endpoint: own.origin, pathStyle: true, host: own.hostname.replace(/^\[|\]$/g, '') };
  const service = vendor === 'cos' ? `cos.${region}.myqcloud.com` : awsHost(region);
  // A dot in the bucket's name would not be covered by the service's certificate.
  const pathStyle = bucket.includes('.');
  return { endpoint: `https://${service}`, pathStyle, host: pathStyle ? service : `${bucket}.${service}` };
}

const awsHost = (region: string): string =>
  region.startsWith('cn-') ? `s3.${region}.amazonaws.com.cn` : `s3.${region}.amazonaws.com`;

/** What of a place cannot lead anywhere, or undefined. An endpoint of one's own names its regions as it likes. */
export function addressFault({ region, bucket, endpoint }: BucketPlace): 'name' | 'endpoint' | 'region' | undefined {
  if (!bucketPattern.test(bucket)) return 'name';
  if (endpoint) return endpointUrl(endpoint) ? undefined : 'endpoint';
  return regionPattern.test(region) ? undefined : 'region';
}

/**
 * The documented form has no scheme. That means https, as the service it is documented for has it; but a store that is
 * named by an address of this machine or of a private network has no certificate for that, and is asked over http.
 */
function endpointUrl(endpoint: string): URL | undefined {
  const named = /^https?:\/\//i.test(endpoint);
  const bare = named ? undefined : parse(`https://${endpoint}`);
  const url = named ? parse(endpoint) : bare && isInside(bare.hostname) ? parse(`http://${endpoint}`) : bare;
  const isMore = !url || url.username || url.password || url.pathname !== '/' || url.search || url.hash;
  return isMore ? undefined : url;
}

const isInside = (host: string): boolean => {
  const address = host.replace(/^\[|\]$/g, '');
  return address === 'localhost' || (isIP(address) !== 0 && !mayConnectPublicly(address));
};

function parse(text: string): URL | undefined {
  // URL.parse would say null; an address with spaces in it is none either.
  return /\s/.test(text) ? undefined : (URL.parse(text) ?? undefined);
}
