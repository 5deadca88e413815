import { digestOf, short, timesOf, type IntervalDigest, type TrackDigests } from '../file-digests.ts';

/** A sample of the file that is looked at. */
export interface FoundSample {
  readonly atMs: number;
  readonly lengthMs: number;
  readonly sha256: Buffer;
}

/** A stretch of the file in its order: an interval of the recording as it was, or something else. */
type Piece =
  | { readonly interval: number; readonly atMs: number; readonly sameTimes: boolean }
  | { readonly interval: undefined; readonly atMs: number; readonly lengthMs: number; readonly repeats: boolean };

/** What can become of a track. */
export type TrackFaultKind =
  | 'cut-at-start'
  | 'cut-at-end'
  | 'removed'
  | 'replaced'
  | 'swapped'
  | 'moved'
  | 'inserted'
  | 'appended'
  | 'timing';

/** How a track differs from what was recorded; times in milliseconds of the recording as it was made. */
export interface TrackFault {
  readonly kind: TrackFaultKind;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of what was cut or removed: how much is missing; of what was put in: how much it is. */
  readonly lengthMs: number;
}

/** What became of a track. */
export interface TrackFindings {
  /** How many intervals of the recording the file has. */
  readonly found: number;
  readonly faults: readonly TrackFault[];
}

/** Of different intervals one may begin with the same sample: silence is always the same. */
interface Candidate {
  readonly samples: number;
  readonly sha256: string;
  readonly intervals: number[];
}

/** Rounding of another container's clock. */
const toleranceMs = 45;
/** Less than this is no piece of a recording. */
const shortestMs = 300;

/** Finds the intervals of a recorded track in the samples of a file, and tells what else there is. Pure. */
export function compareTrack(track: TrackDigests, samples: readonly FoundSample[]): TrackFindings {
  const pieces = [...piecesOf(track.intervals, samples)];
  const found = pieces.filter(({ interval }) => interval !== undefined).length;
  return { found, faults: new Comparison(track, pieces).faults() };
}

function* piecesOf(
  intervals: readonly IntervalDigest[],
  samples: readonly FoundSample[],
): Generator<Piece, void, undefined> {
  const candidates = candidatesOf(intervals);
  const used = new Set<number>();
  let next = 0;
  let strange = 0;
  const strangeEnd = function* (at: number): Generator<Piece, void, undefined> {
    if (strange === at) return;
    const first = samples[strange]!;
    const last = samples[at - 1]!;
    yield { interval: undefined, atMs: first.atMs, lengthMs: last.atMs + last.lengthMs - first.atMs, repeats: false };
  };
  for (let at = 0; at < samples.length;) {
    const hit = candidates
      .get(short(samples[at]!.sha256))
      ?.find((one) => digestOf(samples.slice(at, at + one.samples).map(({ sha256 }) => sha256)) === one.sha256);
    if (!hit) {
      at += 1;
      continue;
    }
    yield* strangeEnd(at);
    const own = samples.slice(at, at + hit.samples);
    const last = own.at(-1)!;
    const atMs = own[0]!.atMs;
    const interval =
      hit.intervals.find((index) => index >= next && !used.has(index)) ??
      hit.intervals.find((index) => !used.has(index));
    if (interval === undefined) {
      yield { interval, atMs, lengthMs: last.atMs + last.lengthMs - atMs, repeats: true };
    } else {
      const sameTimes = timesOf(own.map((one) => one.atMs)) === intervals[interval]!.times;
      used.add(interval);
      next = interval + 1;
      yield { interval, atMs, sameTimes };
    }
    at += hit.samples;
    strange = at;
  }
  yield* strangeEnd(samples.length);
}

function candidatesOf(intervals: readonly IntervalDigest[]): Map<string, Candidate[]> {
  const candidates = new Map<string, Candidate[]>();
  for (const [index, { first, samples, sha256 }] of intervals.entries()) {
    const alike = candidates.get(first) ?? [];
    candidates.set(first, alike);
    const same = alike.find((one) => one.sha256 === sha256 && one.samples === samples);
    if (same) same.intervals.push(index);
    else alike.push({ samples, sha256, intervals: [index] });
  }
  return candidates;
}

/** Indexes of a longest run that rises: what is not in it was moved. */
function risingRun(values: readonly number[]): Set<number> {
  const tails: number[] = [];
  const before: number[] = [];
  for (const [index, value] of values.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[tails[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    before.push(low > 0 ? tails[low - 1]! : -1);
    tails[low] = index;
  }
  const run = new Set<number>();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at]!) run.add(values[at]!);
  return run;
}

class Comparison {
  readonly #track: TrackDigests;
  readonly #pieces: readonly Piece[];
  readonly #inOrder: Set<number>;
  readonly #found: Set<number>;

  constructor(track: TrackDigests, pieces: readonly Piece[]) {
    const order = pieces.flatMap(({ interval }) => (interval === undefined ? [] : [interval]));
    this.#track = track;
    this.#pieces = pieces;
    this.#found = new Set(order);
    this.#inOrder = risingRun(order);
  }

  faults(): TrackFault[] {
    const faults = [...this.#placeFaults(), ...this.#orderFaults()];
    return faults.length > 0 ? faults.sort((a, b) => a.fromMs - b.fromMs) : this.#timeFaults();
  }

  #startOf(interval: number): number {
    return this.#track.intervals[interval]?.startMs ?? this.#track.endMs;
  }

  /** Between intervals that are where they were: what is missing there, and what stands there instead. */
  #placeFaults(): TrackFault[] {
    const faults: TrackFault[] = [];
    let expected = 0;
    let strangeMs = 0;
    const settle = (until: number): void => {
      faults.push(...this.#between(expected, until, strangeMs));
      strangeMs = 0;
    };
    for (const piece of this.#pieces) {
      if (piece.interval === undefined) strangeMs += piece.lengthMs;
      else if (this.#inOrder.has(piece.interval)) {
        settle(piece.interval);
        expected = piece.interval + 1;
      }
    }
    settle(this.#track.intervals.length);
    return faults;
  }

  #between(from: number, until: number, strangeMs: number): TrackFault[] {
    const lost: number[] = [];
    for (let interval = from; interval < until; interval += 1) if (!this.#found.has(interval)) lost.push(interval);
    // Before the first there is what decoders need, which another container does not hide.
    if (lost.length === 0) return strangeMs > (from === 0 ? shortestMs : 0) ? [this.#putIn(until, strangeMs)] : [];
    const fromMs = this.#startOf(lost[0]!);
    const toMs = this.#startOf(lost.at(-1)! + 1);
    const lostMs = lost.reduce((sum, interval) => sum + this.#startOf(interval + 1) - this.#startOf(interval), 0);
    const missing = lostMs - strangeMs;
    if (missing < shortestMs) return [{ kind: 'replaced', fromMs, toMs, lengthMs: lostMs }];
    return [{ kind: this.#cutKind(lost), fromMs, toMs, lengthMs: missing }];
  }

  #cutKind(lost: readonly number[]): 'cut-at-start' | 'cut-at-end' | 'removed' {
    if (lost[0] === 0) return 'cut-at-start';
    return lost.at(-1) === this.#track.intervals.length - 1 ? 'cut-at-end' : 'removed';
  }

  #putIn(before: number, lengthMs: number): TrackFault {
    const atMs = this.#startOf(before);
    const kind = before === this.#track.intervals.length ? 'appended' : 'inserted';
    return { kind, fromMs: atMs, toMs: atMs, lengthMs };
  }

  /** Two that stand in each other's place are swapped; others were moved. */
  #orderFaults(): TrackFault[] {
    const order = this.#pieces.flatMap(({ interval }) => (interval === undefined ? [] : [interval]));
    const moved = order.filter((interval) => !this.#inOrder.has(interval));
    if (moved.length === 0) return [];
    const sorted = [...order].sort((a, b) => a - b);
    const wrong = sorted.filter((interval, place) => order[place] !== interval);
    const fromMs = this.#startOf(wrong[0]!);
    const toMs = this.#startOf(wrong.at(-1)! + 1);
    const isSwap = this.#isSwap(order, sorted);
    if (isSwap) return [{ kind: 'swapped', fromMs, toMs, lengthMs: toMs - fromMs }];
    return runsOf(moved).map(([first, last]) => {
      const span = { fromMs: this.#startOf(first), toMs: this.#startOf(last + 1) };
      return { kind: 'moved' as const, ...span, lengthMs: span.toMs - span.fromMs };
    });
  }

  /** Whether the order comes about by two neighbouring or distant runs changing places. */
  #isSwap(order: readonly number[], sorted: readonly number[]): boolean {
    const first = order.findIndex((interval, place) => interval !== sorted[place]);
    const last = order.findLastIndex((interval, place) => interval !== sorted[place]);
    const runs = runsOf(order.slice(first, last + 1));
    return runs.length === 2 || (runs.length === 3 && runs[0]![0] > runs[2]![0]);
  }

  /** Everything is there in order: is it there at its time? */
  #timeFaults(): TrackFault[] {
    const wrong = this.#pieces.filter((piece) => piece.interval !== undefined && !this.#isOnTime(piece));
    return runsOf(wrong.map(({ interval }) => interval!)).map(([first, last]) => {
      const span = { fromMs: this.#startOf(first), toMs: this.#startOf(last + 1) };
      return { kind: 'timing' as const, ...span, lengthMs: span.toMs - span.fromMs };
    });
  }

  #isOnTime(piece: Extract<Piece, { interval: number }>): boolean {
    return piece.sameTimes && Math.abs(piece.atMs - this.#startOf(piece.interval)) <= toleranceMs;
  }
}

/** Neighbours in a list of numbers, put together: first and last of each run. */
function runsOf(numbers: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && run[1] + 1 === number) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}
