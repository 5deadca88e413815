import { shownUrl } from '../shown-url.ts';
import type { Destination, RecordingPlan } from '../worker-api/messages.ts';

/** Members of a plan that are addresses of images; these may be signed. */
const addresses: ReadonlySet<string> = new Set(['url', 'image', 'placeholderImage']);

/** A task's plan without what signs the addresses in it. */
export const shownPlan = (plan: RecordingPlan): Record<string, unknown> =>
  JSON.parse(JSON.stringify(plan), (key, value: unknown) =>
    addresses.has(key) && typeof value === 'string' ? shownUrl(value) : value,
  ) as Record<string, unknown>;

/** Where a task's files go, by the members that may be shown: a new one is hidden until it is named here. */
export function shownDestination(destination: Destination): Record<string, unknown> {
  if (destination.kind === 'vod') {
    const { kind, subAppId, expireSeconds, classId, procedure, storageRegion } = destination;
    return { kind, subAppId, expireSeconds, classId, procedure, storageRegion };
  }
  const { kind, vendor, region, bucket, endpoint, prefix } = destination;
  return { kind, vendor, region, bucket, endpoint: endpoint && shownUrl(endpoint), prefix };
}
