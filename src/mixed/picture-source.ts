import { Frame } from 'node-av/lib';
import type { Size } from '../layout/rect.ts';
import type { VideoSink, VideoUnit } from '../timeline/media.ts';
import type { Micros, WallUs } from '../units.ts';
import type { RenderMode } from '../layout/layout-plan.ts';
import { fullEffort, longestWithoutKey, type Effort } from './effort.ts';
import { isDamaged, PictureDecoder } from './picture-decoder.ts';
import { TileScaler, type PlacedTile } from './tile-scaler.ts';
import type { TilePool } from './tile.ts';
import { UnitQueue } from './unit-queue.ts';

/** What one picture source went through. */
export interface PictureSourceStats {
  /** Pictures decoded. */
  decoded: number;
  /** Pictures scaled to a tile, that is, shown at some tick. */
  scaled: number;
  /** Units that did not decode or decoded damaged. */
  broken: number;
  /** Units not decoded: before the first key frame, after a broken one, while hidden, or beyond the queue. */
  skipped: number;
}

/** How a picture source is made. */
export interface PictureSourceOptions {
  readonly pool: TilePool;
  /** The source counts as stopped when its newest picture is older than this: black is shown then. Never by default. */
  readonly blackAfter?: Micros | undefined;
  /** Called whenever only a key frame can help; the limit of its rate is the caller's. */
  readonly requestKeyFrame: () => void;
}

/** What is shown from tick number `tick` of the window on. */
export interface TileChange {
  readonly tick: number;
  /** Undefined: black, the source has stopped. */
  readonly tile: PlacedTile | undefined;
}

interface Window {
  readonly ticks: readonly WallUs[];
  readonly cell: Size;
  readonly mode: RenderMode;
  readonly changes: TileChange[];
}

interface HeldPicture {
  readonly frame: Frame;
  /** When it was taken. */
  readonly at: WallUs;
  /** What was given out for the present cell: the tile, and later black. */
  shown: boolean;
  blackened: boolean;
}

const newFrame = (): Frame => {
  const frame = new Frame();
  frame.alloc();
  return frame;
};

/**
 * One track of the mix: decodes all units of a window back to back and scales only the pictures that some tick shows.
 * The newest picture is held, for quiet times and for cells that change their size.
 */
export class PictureSource implements VideoSink {
  readonly stats: PictureSourceStats = { decoded: 0, scaled: 0, broken: 0, skipped: 0 };
  readonly #options: PictureSourceOptions;
  readonly #queue = new UnitQueue<VideoUnit>();
  readonly #scaler: TileScaler;
  #decoder: PictureDecoder | undefined;
  #held: HeldPicture | undefined;
  #incoming = newFrame();
  #awaitsKey = true;
  #effort = fullEffort;
  /** When the newest key picture was taken, and whether others came after it. */
  #keyAt = -Infinity;
  #builtOn = false;
  #resting = false;
  #closed = false;

  constructor(options: PictureSourceOptions) {
    this.#options = options;
    this.#scaler = new TileScaler(options.pool);
  }

  /** True once {@link PictureSource.close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  onVideo(unit: VideoUnit): void {
    if (this.#closed || this.#resting) return;
    if (this.#queue.push(unit)) return;
    this.stats.skipped += 1 + this.#queue.clear();
    this.#loseTrack();
  }

  /** Goes on from what `previous` showed last, until this source's first picture; `previous` is closed. */
  succeed(previous: PictureSource): void {
    if (!this.#held && previous.#held) {
      this.#held = { ...previous.#held, shown: false, blackened: false };
      previous.#held = undefined;
    }
    previous.close();
  }

  /** Decodes what is due by the last of `ticks` and gives the tiles that the ticks show for the first time. */
  render(ticks: readonly WallUs[], cell: Size, mode: RenderMode): TileChange[] {
    const changes: TileChange[] = [];
    const last = ticks.at(-1);
    if (this.#closed || last === undefined) return changes;
    let cursor = 0;
    for (let next = this.#queue.take(last); next; next = this.#queue.take(last)) {
      for (let at = this.#decode(next.unit, next.at); at !== undefined; at = this.#receive()) {
        cursor = this.#showBefore(at, { ticks, cell, mode, changes }, cursor);
        this.#hold(at);
      }
    }
    this.#showBefore(undefined, { ticks, cell, mode, changes }, cursor);
    if (!this.#resting && this.#needsKey(last)) this.#askForKey();
    return changes;
  }

  /** Decodes the next unit that is due by `until` for those that lean on it; false when there is none. */
  warmUp(until: WallUs): boolean {
    const next = this.#closed ? undefined : this.#queue.take(until);
    if (!next) return false;
    for (let at = this.#decode(next.unit, next.at); at !== undefined; at = this.#receive()) this.#hold(at);
    return true;
  }

  /** From the next unit on. What was decoded without the loop filter stays slightly wrong until a key picture comes. */
  setEffort(effort: Effort): void {
    const restored = effort.loopFilter && !this.#effort.loopFilter;
    this.#effort = effort;
    this.#decoder?.filterEdges(effort.loopFilter);
    if (restored && this.#held && !this.#resting) this.#options.requestKeyFrame();
  }

  /** Makes the next window give the held picture anew: the last tile is gone, or the cell has another size. */
  reshow(): void {
    if (this.#held) Object.assign(this.#held, { shown: false, blackened: false });
  }

  /** Stands in for `render` while the source has no place: nothing is decoded, what is due by `until` is dropped. */
  skip(until: WallUs): void {
    while (this.#queue.take(until)) {
      this.stats.skipped += 1;
      this.#awaitsKey = true;
    }
  }

  /** The track is gone; the newest picture stays, for as long as somebody wants to see it. Idempotent. */
  rest(): void {
    this.#queue.clear();
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#resting = true;
  }

  /** Frees decoder, scaler and the held picture. Idempotent. Tiles given out stay valid. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear();
    this.#decoder?.close();
    this.#scaler.close();
    this.#held?.frame.free();
    this.#held = undefined;
    this.#incoming.free();
  }

  /** Decodes one unit; gives the time of the first picture that came out, which is then in `#incoming`. */
  #decode(unit: VideoUnit, at: WallUs): WallUs | undefined {
    this.#builtOn = !unit.key;
    if (this.#leavesOut(unit)) {
      this.stats.skipped += 1;
      return undefined;
    }
    if (unit.key) this.#keyAt = at;
    this.#awaitsKey = false;
    if (!this.#decoderFor(unit).send(unit.data, at)) {
      this.#breakOff();
      return undefined;
    }
    return this.#receive();
  }

  #receive(): WallUs | undefined {
    const at = this.#decoder?.receive(this.#incoming);
    if (at === undefined) return undefined;
    if (isDamaged(this.#incoming)) {
      this.#incoming.unref();
      this.#breakOff();
      return undefined;
    }
    this.stats.decoded += 1;
    return at;
  }

  /** The held picture becomes the newest one; the frames swap because receiving empties its target even when it fails. */
  #hold(at: WallUs): void {
    const spare = this.#held?.frame ?? newFrame();
    spare.unref();
    this.#held = { frame: this.#incoming, at, shown: false, blackened: false };
    this.#incoming = spare;
  }

  /** Gives out the held picture if a tick before `until` shows it; answers the first tick that is not before `until`. */
  #showBefore(until: WallUs | undefined, window: Window, from: number): number {
    const { ticks, changes } = window;
    const end = ticks.findIndex((tick, i) => i >= from && until !== undefined && tick >= until);
    const cursor = end < 0 ? ticks.length : end;
    const held = this.#held;
    if (!held || cursor === from) return cursor;
    const stale = this.#firstStale(held, ticks.slice(from, cursor)) + from;
    if (!held.shown && stale > from) {
      held.shown = true;
      const tile = this.#scale(held.frame, window);
      if (tile) changes.push({ tick: from, tile });
    }
    if (!held.blackened && stale < cursor) {
      held.blackened = true;
      changes.push({ tick: stale, tile: undefined });
    }
    return cursor;
  }

  /** The first of the ticks at which the held picture is too old to be shown; their number when it never is. */
  #firstStale({ at }: HeldPicture, ticks: readonly WallUs[]): number {
    const { blackAfter } = this.#options;
    const first = blackAfter === undefined ? -1 : ticks.findIndex((tick) => tick - at >= blackAfter);
    return first < 0 ? ticks.length : first;
  }

  #scale(frame: Frame, { cell, mode }: Window): PlacedTile | undefined {
    try {
      const tile = this.#scaler.scale(frame, cell, mode);
      this.stats.scaled += 1;
      return tile;
    } catch {
      this.stats.broken += 1;
      this.#scaler.close();
      return undefined;
    }
  }

  #decoderFor(unit: VideoUnit): PictureDecoder {
    if (this.#decoder?.codec === unit.codec) return this.#decoder;
    this.#decoder?.close();
    this.#decoder = new PictureDecoder(unit.codec);
    this.#decoder.filterEdges(this.#effort.loopFilter);
    return this.#decoder;
  }

  /** What leans on a picture that was left out cannot be decoded either, until the next key picture. */
  #leavesOut({ key }: VideoUnit): boolean {
    if (!key && this.#effort.keyPicturesOnly) this.#awaitsKey = true;
    return this.#awaitsKey && !key;
  }

  #needsKey(now: WallUs): boolean {
    const patience = longestWithoutKey(this.#effort);
    const overdue = patience !== undefined && this.#builtOn && now - this.#keyAt >= patience;
    if (this.#effort.keyPicturesOnly) return overdue;
    return overdue || (this.#awaitsKey && this.#missedSome());
  }

  /** For what was built on the last one; a camera that has gone quiet since is not asked again. */
  #askForKey(): void {
    this.#builtOn = false;
    this.#options.requestKeyFrame();
  }

  /** Before anything came, the sender's own first key frame is on its way. */
  #missedSome(): boolean {
    return this.stats.skipped + this.stats.broken > 0;
  }

  #breakOff(): void {
    this.stats.broken += 1;
    this.#loseTrack();
  }

  #loseTrack(): void {
    this.#awaitsKey = true;
    this.#options.requestKeyFrame();
  }
}
