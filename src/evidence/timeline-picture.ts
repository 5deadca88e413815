import type { MediaId } from '../room-key.ts';
import { gapsOf } from './gaps.ts';
import type { Manifest, ManifestChain, ManifestGap } from './manifest.ts';
import { coarse, StateLane, type Spanned } from './state-lane.ts';
import type { SeenPicture, TimelineTrack } from './timeline.ts';

/** An entry with the epoch whose recorder told it, as manifests have it. */
export type EpochEntry = Manifest['timeline'][number];

/** What a track does: `sending`, `paused` (muted, or the way is cut), or `changing` too often to be drawn. */
export interface TrackState {
  readonly state: 'sending' | 'paused' | 'changing';
  /** Whether the lists and places let it into the recording. */
  readonly recorded: boolean;
}

/** Where a picture is in the mix, in pixels of its canvas. */
export type SeenState = Pick<SeenPicture, 'video' | 'left' | 'top' | 'width' | 'height'>;

/** One user of the room over time. */
export interface UserLane {
  readonly userId: string;
  readonly robot: boolean;
  /** When the user was in the room as an anchor. */
  readonly stays: readonly Spanned<object>[];
  readonly tracks: readonly {
    readonly mediaId: MediaId;
    readonly media: 'audio' | 'video';
    readonly spans: readonly Spanned<TrackState>[];
  }[];
  /** Of a mix: when which of the user's pictures was seen, and where. */
  readonly seen: readonly { readonly mediaId: MediaId; readonly spans: readonly Spanned<SeenState>[] }[];
}

/** Who held the task; `lost` is a recorder that told no end of its own. */
export interface RecorderSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly epoch: number;
  readonly recorder: string;
  readonly how: 'running' | 'stopped' | 'drained' | 'failed' | 'lost';
}

/** Something that happened at a moment. */
export interface TimelineMark {
  readonly atMs: number;
  readonly epoch: number;
  readonly kind: 'takeover' | 'plan-changed' | 'entries-dropped';
  /** Of `plan-changed`. */
  readonly revision?: number | undefined;
}

/** A time in which something was not recorded; `open` while that goes on. */
export type TimelineGap = ManifestGap & { readonly open: boolean };

/** A task over time, ready to be drawn. Times are wall milliseconds. */
export interface TimelinePicture {
  readonly fromMs: number;
  readonly toMs: number;
  readonly recorders: readonly RecorderSpan[];
  readonly gaps: readonly TimelineGap[];
  readonly marks: readonly TimelineMark[];
  /** By first entry. */
  readonly users: readonly UserLane[];
  /** Users that had no place among them. */
  readonly hiddenUsers: number;
}

/** What a picture is made of. */
export interface TimelineSource {
  /** By epoch and number. */
  readonly entries: readonly EpochEntry[];
  readonly chains: readonly ManifestChain[];
  /** Whether the task goes on: what is open at its end is open. */
  readonly live: boolean;
  /** Until when it is known: now, or its end. */
  readonly untilMs: number;
}

/** The part that is drawn; all of it by default. */
export interface TimelineWindow {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Most users; 200 by default. */
  readonly mostUsers?: number;
}

/** Of a window: what is shorter is joined where it comes in numbers. */
const resolution = 500;

/** Turns what recorders told of a task into lanes of spans. Pure. */
export function timelinePicture(source: TimelineSource, window: TimelineWindow = {}): TimelinePicture {
  const { entries, untilMs } = source;
  const earliest = entries.reduce((first, { atMs }) => Math.min(first, atMs), untilMs);
  // Nothing is known of the time before it.
  const fromMs = Math.max(window.fromMs ?? earliest, Math.min(earliest, window.toMs ?? untilMs));
  const toMs = Math.max(window.toMs ?? untilMs, fromMs + 1);
  const view = { fromMs, toMs, resolutionMs: (toMs - fromMs) / resolution };
  const users = roomOver(entries, untilMs)
    .map((user) => viewed(user, view))
    .filter(({ stays, tracks, seen }) => stays.length + tracks.length + seen.length > 0);
  const { mostUsers = 200 } = window;
  const touches = (span: { readonly fromMs: number; readonly toMs: number }): boolean =>
    span.toMs >= fromMs && span.fromMs <= toMs;
  return {
    fromMs,
    toMs,
    recorders: recordersOf(source).filter(touches),
    gaps: gapsNow(source).filter(touches),
    marks: entries.flatMap(markOf).filter(({ atMs }) => atMs >= fromMs && atMs <= toMs),
    users: users.slice(0, mostUsers),
    hiddenUsers: Math.max(0, users.length - mostUsers),
  };
}

type View = Parameters<typeof coarse>[1];

const changing = (a: TrackState, b: TrackState): TrackState => ({
  state: 'changing',
  recorded: a.recorded || b.recorded,
});

function viewed(user: UserLane, view: View): UserLane {
  const tracks = user.tracks.map((track) => ({ ...track, spans: coarse(track.spans, view, changing) }));
  const seen = user.seen.map((one) => ({
    ...one,
    spans: coarse(one.spans, view, (_, { fromMs: _f, toMs: _t, ...b }) => b),
  }));
  return {
    ...user,
    stays: coarse(user.stays, view, () => ({})),
    tracks: tracks.filter(({ spans }) => spans.length > 0),
    seen: seen.filter(({ spans }) => spans.length > 0),
  };
}

function markOf(entry: EpochEntry): TimelineMark[] {
  const { atMs, epoch, kind } = entry;
  if (kind === 'plan-changed') return [{ atMs, epoch, kind, revision: entry.revision }];
  if (kind === 'entries-dropped') return [{ atMs, epoch, kind }];
  return kind === 'epoch-began' && epoch > 1 ? [{ atMs, epoch, kind: 'takeover' }] : [];
}

function recordersOf({ entries, live, untilMs }: TimelineSource): RecorderSpan[] {
  const epochs = [...Map.groupBy(entries, ({ epoch }) => epoch)];
  return epochs.flatMap(([epoch, own], index) => {
    const began = own.find((entry) => entry.kind === 'epoch-began');
    const ended = own.find((entry) => entry.kind === 'epoch-ended');
    const next = epochs[index + 1]?.[1][0];
    const how = ended?.how ?? (next || !live ? 'lost' : 'running');
    const recorder = began?.kind === 'epoch-began' ? began.recorder : '';
    const fromMs = began?.atMs ?? own[0]!.atMs;
    return [{ fromMs, toMs: Math.max(fromMs, ended?.atMs ?? next?.atMs ?? untilMs), epoch, recorder, how }];
  });
}

/** Gaps as manifests have them, and what is known before files are finished: those that go on, and takeovers. */
function gapsNow(source: TimelineSource): TimelineGap[] {
  const { entries, chains, live, untilMs } = source;
  const lastEpoch = entries.at(-1)?.epoch;
  const known = gapsOf(entries, chains).map((gap): TimelineGap => {
    const open = live && gap.epoch === lastEpoch && goesOn(entries, gap);
    return { ...gap, toMs: open ? untilMs : gap.toMs, open };
  });
  const missing = recordersOf(source).flatMap((recorder, index, all) => {
    const before = all[index - 1];
    // Where segments were checked it is known whether there is one.
    if (chains.some((chain) => chain.epoch === recorder.epoch && chain.checks.length > 0)) return [];
    if (!before || known.some(({ epoch, reason }) => epoch === recorder.epoch && reason.startsWith('recorder-')))
      return [];
    return takeoverGap(source, before, recorder);
  });
  return [...known, ...missing].sort((a, b) => a.fromMs - b.fromMs);
}

function goesOn(entries: readonly EpochEntry[], { epoch, fromMs, reason }: ManifestGap): boolean {
  const later = entries.filter((entry) => entry.epoch === epoch && entry.atMs > fromMs);
  if (reason === 'room-lost') return !later.some(({ kind }) => kind === 'room-entered');
  return reason === 'overload' && !later.some(({ kind }) => kind === 'effort');
}

const takeoverReasons = {
  lost: 'recorder-lost',
  running: 'recorder-lost',
  stopped: 'recorder-drained',
  drained: 'recorder-drained',
  failed: 'recorder-failed',
} as const;

/** At least from the end that was told, or else from the takeover, until the room was entered again. */
function takeoverGap(
  { entries, live, untilMs }: TimelineSource,
  before: RecorderSpan,
  { epoch, fromMs: beganMs }: RecorderSpan,
): TimelineGap[] {
  const entered = entries.find((entry) => entry.epoch === epoch && entry.kind === 'room-entered');
  const fromMs = before.how === 'lost' ? beganMs : before.toMs;
  const open = live && !entered && epoch === entries.at(-1)?.epoch;
  const toMs = entered?.atMs ?? (open ? untilMs : beganMs);
  return toMs > fromMs || open ? [{ fromMs, toMs, reason: takeoverReasons[before.how], epoch, open }] : [];
}

interface TrackFlags {
  isOpen: boolean;
  paused: boolean;
  recorded: boolean;
}

class UserOver {
  robot = false;
  readonly stays = new StateLane<object>();
  readonly tracks = new Map<
    string,
    TrackFlags & { readonly track: TimelineTrack; readonly lane: StateLane<TrackState> }
  >();
  readonly seen = new Map<MediaId, StateLane<SeenState>>();
  readonly firstMs: number;

  constructor(firstMs: number) {
    this.firstMs = firstMs;
  }

  change(atMs: number, { userId, mediaId, media }: TimelineTrack, flags: Partial<TrackFlags>): void {
    const key = `${mediaId} ${media}`;
    const known = this.tracks.get(key) ?? {
      track: { userId, mediaId, media },
      lane: new StateLane<TrackState>(),
      isOpen: false,
      paused: false,
      recorded: false,
    };
    this.tracks.set(key, Object.assign(known, flags));
    const { isOpen, paused, recorded, lane } = known;
    lane.set(atMs, isOpen ? { state: paused ? 'paused' : 'sending', recorded } : undefined);
  }

  endMedia(atMs: number): void {
    for (const { track } of this.tracks.values())
      this.change(atMs, track, { isOpen: false, paused: false, recorded: false });
    for (const lane of this.seen.values()) lane.set(atMs, undefined);
  }
}

/** Who was there and what they sent, before it is cut to a window. */
function roomOver(entries: readonly EpochEntry[], untilMs: number): UserLane[] {
  const users = new Map<string, UserOver>();
  const place = arranger();
  /** What a recorder tells of the time before it came is its predecessor's to tell. */
  let epochMs = -Infinity;
  const userOf = (userId: string, atMs: number): UserOver => {
    const user = users.get(userId) ?? new UserOver(atMs);
    users.set(userId, user);
    return user;
  };
  for (const entry of entries) {
    if (entry.kind === 'epoch-began' && entry.epoch > 1) {
      epochMs = entry.atMs;
      for (const user of users.values()) {
        user.endMedia(entry.atMs);
        user.stays.set(entry.atMs, undefined);
      }
    } else if (entry.kind === 'epoch-ended') {
      for (const user of users.values()) {
        user.endMedia(entry.atMs);
        if (entry.how === 'stopped') user.stays.set(entry.atMs, undefined);
      }
    } else if (entry.kind === 'layout') place(entry.pictures, userOf, Math.max(entry.atMs, epochMs));
    else apply(entry, userOf, Math.max(entry.atMs, epochMs));
  }
  return [...users]
    .map(([userId, user]) => ({ user, lane: laneOf(userId, user, untilMs) }))
    .sort((a, b) => a.user.firstMs - b.user.firstMs)
    .map(({ lane }) => lane);
}

type UserOf = (userId: string, atMs: number) => UserOver;

function apply(entry: Exclude<EpochEntry, { readonly kind: 'layout' }>, userOf: UserOf, at: number): void {
  if (!('userId' in entry) || entry.kind === 'disk-refused') return;
  const user = userOf(entry.userId, entry.atMs);
  switch (entry.kind) {
    case 'anchor-entered':
      user.robot = entry.robot;
      return user.stays.set(at, {});
    case 'anchor-left':
      user.endMedia(at);
      return user.stays.set(at, undefined);
    default:
      return user.change(at, entry, trackChanges[entry.kind]);
  }
}

const trackChanges = {
  'track-began': { isOpen: true, paused: false },
  'track-ended': { isOpen: false, paused: false },
  'media-paused': { paused: true },
  'media-resumed': { paused: false },
  'recorded-from': { recorded: true },
  'recorded-until': { recorded: false },
} as const;

/** Places the pictures of one layout after the other; looks at those that were seen last alone, not at all of a day. */
function arranger(): (pictures: readonly SeenPicture[], userOf: UserOf, at: number) => void {
  let shown = new Set<StateLane<SeenState>>();
  return (pictures, userOf, at) => {
    const before = shown;
    shown = new Set();
    for (const { userId, mediaId, video, left, top, width, height } of pictures) {
      if (userId === '') continue;
      const { seen } = userOf(userId, at);
      const lane = seen.get(mediaId) ?? new StateLane<SeenState>();
      seen.set(mediaId, lane);
      shown.add(lane);
      lane.set(at, { video, left, top, width, height });
    }
    for (const lane of before) if (!shown.has(lane)) lane.set(at, undefined);
  };
}

const mediaOrder = ['main audio', 'main video', 'aux video', 'aux audio'];

function laneOf(userId: string, user: UserOver, untilMs: number): UserLane {
  const tracks = [...user.tracks].sort(([a], [b]) => mediaOrder.indexOf(a) - mediaOrder.indexOf(b));
  return {
    userId,
    robot: user.robot,
    stays: user.stays.spans(untilMs),
    tracks: tracks.map(([, { track, lane }]) => ({
      mediaId: track.mediaId,
      media: track.media,
      spans: lane.spans(untilMs),
    })),
    seen: [...user.seen].map(([mediaId, lane]) => ({ mediaId, spans: lane.spans(untilMs) })),
  };
}
