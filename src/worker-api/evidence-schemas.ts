import { z } from 'zod';
import { fileKeyPattern } from '../naming/file-key.ts';
import { wallMs } from '../units.ts';

const epoch = z.int().min(0);
const count = z.int().min(0);
const stamp = count.transform(wallMs);
const fileName = z.string().regex(/^[^/\\\0]{1,1000}$/);

/** A week of intervals of ten seconds, and half as many more. */
const mostIntervals = 90_000;
const shortDigest = z.string().regex(/^[A-Za-z0-9_-]{11}$/);

const trackDigests = z.object({
  kind: z.enum(['video', 'audio']),
  endMs: z.int(),
  intervals: z
    .array(
      z.object({
        startMs: z.int(),
        samples: z.int().min(1),
        first: shortDigest,
        sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
        times: shortDigest,
      }),
    )
    .max(mostIntervals),
});
const hexDigest = z.string().regex(/^[0-9a-f]{64}$/);
const segmentDigest = z.object({
  name: fileName,
  startMs: z.int(),
  durationMs: count,
  bytes: count,
  sha256: hexDigest,
});
/** FileDigests. */
export const digests = z.object({
  tracks: z.array(trackDigests).max(8).optional(),
  segments: z.array(segmentDigest).max(mostIntervals).optional(),
});

const segmentText = z.string().max(300);
const spannedSegment = { segment: segmentText, startUs: z.number(), durationUs: z.number() };
const chainFault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('no-chain') }),
  z.object({ kind: z.literal('foreign-chain') }),
  z.object({ kind: z.literal('broken-chain'), segment: segmentText }),
  z.object({ kind: z.literal('short-chain'), segments: count, told: count }),
  z.object({ kind: z.literal('segment-changed'), ...spannedSegment }),
  z.object({ kind: z.literal('segment-missing'), ...spannedSegment }),
  z.object({ kind: z.literal('segment-swapped'), ...spannedSegment, holds: segmentText }),
  z.object({ kind: z.literal('segment-unknown'), segment: segmentText }),
]);
/** ChainHead. */
export const chainHead = z.object({ segments: count, chain: hexDigest });
/** ChainCheck. */
export const chainCheck = z.object({
  epoch,
  head: chainHead,
  recovered: z.array(segmentText).max(mostIntervals),
  fromUs: count,
  toUs: count,
  faults: z.array(chainFault).max(mostIntervals),
});

const userId = z.string().max(1000);
const mediaId = z.enum(['main', 'aux']);
const own = { seq: z.int().min(1), atMs: stamp };
const track = { ...own, userId, mediaId, media: z.enum(['audio', 'video']) };
const text = z.string().transform((value) => value.slice(0, 500));
const picture = z.object({
  userId,
  mediaId,
  video: z.boolean(),
  left: count,
  top: count,
  width: count,
  height: count,
});
const how = z.enum(['stopped', 'drained', 'failed']);

const timelineEntry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('epoch-began'), ...own, recorder: text }),
  z.object({ kind: z.literal('epoch-ended'), ...own, how, leaveCode: z.int().optional() }),
  z.object({ kind: z.literal('room-entered'), ...own }),
  z.object({ kind: z.literal('room-lost'), ...own, reason: text }),
  z.object({ kind: z.literal('anchor-entered'), ...own, userId, robot: z.boolean() }),
  z.object({ kind: z.literal('anchor-left'), ...own, userId }),
  z.object({ kind: z.literal('track-began'), ...track, codec: text }),
  z.object({ kind: z.literal('track-ended'), ...track }),
  z.object({ kind: z.literal('media-paused'), ...track }),
  z.object({ kind: z.literal('media-resumed'), ...track }),
  z.object({ kind: z.literal('recorded-from'), ...track }),
  z.object({ kind: z.literal('recorded-until'), ...track }),
  z.object({ kind: z.literal('layout'), ...own, pictures: z.array(picture).max(64) }),
  z.object({ kind: z.literal('plan-changed'), ...own, revision: count }),
  z.object({
    kind: z.literal('disk-refused'),
    ...own,
    userId,
    mediaId: z.enum(['main', 'aux', 'mix']),
    reason: text,
  }),
  z.object({ kind: z.literal('effort'), ...own, step: count }),
  z.object({ kind: z.literal('entries-dropped'), ...own }),
]);

/** Entries of one report. */
export const mostEntries = 500;

/** A report about the timeline. */
export const timelineReport = z.object({
  kind: z.literal('timeline'),
  epoch,
  entries: z.array(timelineEntry).max(mostEntries),
  heads: z.array(chainHead.extend({ fileKey: z.string().regex(fileKeyPattern) })).max(mostEntries),
});
