import { fileKey } from '../naming/file-key.ts';
import type { Manifest, ManifestChain, ManifestGap } from './manifest.ts';

type Entry = Manifest['timeline'][number];

/**
 * The times in which something was not recorded, by what recorders told and by where one epoch's segments end and the
 * next one's begin. Pure.
 */
export function gapsOf(timeline: readonly Entry[], chains: readonly ManifestChain[]): ManifestGap[] {
  const byEpoch = [...Map.groupBy(timeline, (entry) => entry.epoch)];
  const within = byEpoch.flatMap(([epoch, entries]) => [
    ...roomGaps(epoch, entries),
    ...effortGaps(epoch, entries),
    ...diskGaps(epoch, entries),
  ]);
  return [...within, ...takeoverGaps(timeline, chains)].sort((a, b) => a.fromMs - b.fromMs);
}

/** From the loss of the room to the next entry, or to the end of what is known of the epoch. */
function roomGaps(epoch: number, entries: readonly Entry[]): ManifestGap[] {
  return entries.flatMap((entry, index) => {
    if (entry.kind !== 'room-lost') return [];
    const next = entries.slice(index + 1).find(({ kind }) => kind === 'room-entered') ?? entries.at(-1)!;
    return [{ fromMs: entry.atMs, toMs: next.atMs, reason: 'room-lost' as const, epoch }];
  });
}

/** Pictures were left out from one step to the next; the last one holds to the end of what is known of the epoch. */
function effortGaps(epoch: number, entries: readonly Entry[]): ManifestGap[] {
  const steps = entries.filter((entry) => entry.kind === 'effort');
  const last = entries.at(-1)?.atMs ?? 0;
  return steps.flatMap((entry, index) => {
    if (entry.step === 0) return [];
    const toMs = steps[index + 1]?.atMs ?? last;
    return [{ fromMs: entry.atMs, toMs, reason: 'overload' as const, epoch }];
  });
}

/** A disk that refuses is told of every ten seconds. */
const toldEveryMs = 10_000;

function diskGaps(epoch: number, entries: readonly Entry[]): ManifestGap[] {
  const gaps: ManifestGap[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'disk-refused') continue;
    const key = fileKey(entry.userId, entry.mediaId);
    const last = gaps.findLast((gap) => gap.fileKey === key);
    if (last && entry.atMs - last.toMs <= toldEveryMs * 1.5) gaps[gaps.indexOf(last)] = { ...last, toMs: entry.atMs };
    else gaps.push({ fromMs: entry.atMs, toMs: entry.atMs, reason: 'disk-refused', epoch, fileKey: key });
  }
  return gaps;
}

/** Between the last segment of an epoch and the first of the next, file by file. */
function takeoverGaps(timeline: readonly Entry[], chains: readonly ManifestChain[]): ManifestGap[] {
  const spans = chains.flatMap(({ fileKey, epoch, checks }) => {
    const check = checks.find(({ toUs }) => toUs > 0);
    return check ? [{ fileKey, epoch, fromMs: check.fromUs / 1000, toMs: check.toUs / 1000 }] : [];
  });
  return [...Map.groupBy(spans, ({ fileKey }) => fileKey).values()].flatMap((own) => {
    own.sort((a, b) => a.epoch - b.epoch);
    return own.slice(1).flatMap((span, index) => {
      const before = own[index]!;
      if (span.fromMs <= before.toMs) return [];
      const reason = reasonOf(timeline, before.epoch);
      const { fileKey, epoch } = span;
      return [{ fromMs: Math.floor(before.toMs), toMs: Math.ceil(span.fromMs), reason, epoch, fileKey }];
    });
  });
}

function reasonOf(timeline: readonly Entry[], epoch: number): ManifestGap['reason'] {
  const ended = timeline.find((entry) => entry.epoch === epoch && entry.kind === 'epoch-ended');
  if (ended?.kind !== 'epoch-ended') return 'recorder-lost';
  return ended.how === 'failed' ? 'recorder-failed' : 'recorder-drained';
}
