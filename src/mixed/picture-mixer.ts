import type { SeenPicture } from '../evidence/timeline.ts';
import { layoutPictures, type PlacedPicture } from '../layout/layout-pictures.ts';
import type { LayoutPlan } from '../layout/layout-plan.ts';
import type { Size } from '../layout/rect.ts';
import type { VideoPacket } from '../segment/segment-writer.ts';
import { stoppedAfter } from '../timeline/stopped-picture.ts';
import type { WallUs } from '../units.ts';
import { Canvas } from './canvas.ts';
import { Compositor } from './compositor.ts';
import { Decor, type DecorOptions } from './decor.ts';
import { fullEffort, type Effort } from './effort.ts';
import type { PictureEncoder } from './picture-encoder.ts';
import { PictureSource, type PictureSourceStats } from './picture-source.ts';
import type { MixedRecordingOptions } from './mix-options.ts';
import { Roster, type Seat } from './roster.ts';
import { Schedule } from './schedule.ts';
import type { RecordingPlan } from '../worker-api/messages.ts';
import type { TickGrid } from './tick-grid.ts';
import { TilePool } from './tile.ts';

/** Parts and settings of a picture mixer. */
export interface PictureMixerOptions {
  readonly grid: TickGrid;
  readonly firstTick: number;
  /** Ticks that are decoded and scaled together, so that a decoder works back to back and keeps its data in the cache. */
  readonly windowTicks: number;
  /** Even in both directions. */
  readonly canvas: Size;
  /** The layout at first. */
  readonly layout: LayoutPlan;
  /** What is recorded of a user: where it is the screen alone, a user without one has no empty place. */
  readonly media: RecordingPlan['media'];
  /** What is seen while a user sends no picture: the last one or black (FillType). */
  readonly fill: RecordingPlan['fill'];
  readonly images: DecorOptions['loader'];
  readonly onArranged?: MixedRecordingOptions['onArranged'];
  readonly onImageFailed: DecorOptions['onFailed'];
  readonly onTextFailed: DecorOptions['onTextFailed'];
  /** Closed by the mixer. */
  readonly encoder: PictureEncoder;
  readonly onPacket: (packet: VideoPacket) => void;
}

const sum = (a: PictureSourceStats, b: PictureSourceStats): PictureSourceStats => ({
  decoded: a.decoded + b.decoded,
  scaled: a.scaled + b.scaled,
  broken: a.broken + b.broken,
  skipped: a.skipped + b.skipped,
});

const seen = ({ picture, rect }: PlacedPicture<Seat<PictureSource>>): SeenPicture => ({
  userId: picture?.userId ?? '',
  mediaId: picture?.mediaId ?? 'main',
  video: picture?.hasVideo ?? false,
  ...rect,
});

const isVisible = ({ rect, alpha }: PlacedPicture<Seat<PictureSource>>): boolean =>
  rect.width > 0 && rect.height > 0 && alpha < 255;

/**
 * The picture half of a mix: who is shown where, window by window, and the encoder. A window never spans a change of
 * the layout, so joins and leaves are exact to the tick.
 */
export class PictureMixer {
  /** Who is in the mix; changes are planned on it and take effect at their tick. */
  readonly roster: Roster<PictureSource>;
  readonly #options: PictureMixerOptions;
  readonly #canvas: Canvas;
  readonly #pool = new TilePool();
  readonly #compositor: Compositor;
  readonly #sources = new Set<PictureSource>();
  readonly #decor: Decor;
  #past: PictureSourceStats = { decoded: 0, scaled: 0, broken: 0, skipped: 0 };
  /** Sources in the room for which the layout has no place. */
  #hidden: PictureSource[] = [];
  readonly #layouts = new Schedule<LayoutPlan>();
  #layout: LayoutPlan;
  #effort = fullEffort;
  #keyFrom = Infinity;
  #tick: number;
  #closed = false;

  constructor(options: PictureMixerOptions) {
    this.#options = options;
    this.#tick = options.firstTick;
    this.#layout = options.layout;
    const { canvas: size, images: loader, onImageFailed: onFailed, onTextFailed } = options;
    this.#canvas = new Canvas(size);
    this.#decor = new Decor(options.layout, { loader, canvas: size, onFailed, onTextFailed });
    const parts = { canvas: this.#canvas, decor: this.#decor, pool: this.#pool };
    this.#compositor = new Compositor({ ...parts, blackAfterVideo: options.fill === 'black' });
    this.roster = new Roster<PictureSource>({
      replaced: (previous, next) => {
        next.succeed(previous);
        this.#forget(previous);
      },
      rested: (source) => source.rest(),
      released: (source) => {
        source.close();
        this.#forget(source);
      },
    });
  }

  /** The next tick that will be drawn. */
  get nextTick(): number {
    return this.#tick;
  }

  /** A new source that shares the mixer's tiles; it is shown once the roster says so. */
  createSource(requestKeyFrame: () => void): PictureSource {
    const blackAfter = this.#options.fill === 'black' ? stoppedAfter : undefined;
    const source = new PictureSource({ pool: this.#pool, blackAfter, requestKeyFrame });
    source.setEffort(this.#effort);
    this.#sources.add(source);
    return source;
  }

  /** Draws and encodes every tick before `end`, yielding after each source's window and each tick. */
  *drawUntil(end: number): Generator<void> {
    while (this.#tick < end) {
      const now = this.#options.grid.at(this.#tick);
      const relaid = this.#relayUntil(now);
      if (this.roster.applyUntil(now) || relaid) this.#arrange(now);
      yield* this.#window(Math.min(end, this.#endOfWindow()));
    }
  }

  /** From `at` on this layout; changes that come out of order take effect in the order in which they came. */
  changeLayout(layout: LayoutPlan, at: WallUs): void {
    this.#layouts.plan(at, layout);
    this.#decor.announce(layout);
  }

  /** From the next window on. */
  setEffort(effort: Effort): void {
    this.#effort = effort;
    for (const source of this.#sources) source.setEffort(effort);
  }

  /** The first tick from `at` on is a key frame. */
  keyFrameAt(at: WallUs): void {
    this.#keyFrom = at;
  }

  /** Decodes up to `most` pictures of before the first tick; true when it was so many. */
  warmUp(most: number): boolean {
    const until = this.#options.grid.sampledUntil(this.#options.firstTick - 1);
    let left = most;
    for (const source of this.#sources) while (left > 0 && source.warmUp(until)) left -= 1;
    return left === 0;
  }

  /** What the encoder still holds goes out. */
  finish(): void {
    this.#options.encoder.finish().forEach(this.#options.onPacket);
  }

  /** Sums over all sources there are and were, and what is held now. */
  stats(): PictureSourceStats & { readonly sources: number; readonly tiles: number } {
    const pictures = [...this.#sources].reduce((total, source) => sum(total, source.stats), this.#past);
    return { ...pictures, sources: this.#sources.size, tiles: this.#pool.taken };
  }

  /** Frees everything native. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#compositor.close();
    this.roster.clear();
    for (const source of this.#sources) source.close();
    this.#pool.close();
    this.#decor.close();
    this.#canvas.close();
    this.#options.encoder.close();
  }

  #endOfWindow(): number {
    const changes = [this.roster.nextChange, this.#layouts.next].filter((at) => at !== undefined);
    const full = this.#tick + this.#options.windowTicks;
    return Math.min(full, ...changes.map((at) => this.#options.grid.firstFrom(at)));
  }

  /** Takes the layout that is due at `now`; true when there was one. */
  #relayUntil(now: WallUs): boolean {
    const due = this.#layouts.takeUntil(now);
    if (!due) return false;
    this.#layout = due;
    this.#decor.change(due, this.#layouts.values());
    return true;
  }

  #arrange(now: WallUs): void {
    const { media } = this.#options;
    const seats = this.roster.seats().filter(({ mediaId }) => media.includes(mediaId));
    const placed = layoutPictures(this.#layout, this.#options.canvas, seats).filter(isVisible);
    const shown = new Set(placed.map(({ picture }) => picture));
    this.#hidden = seats.flatMap((seat) => (seat.source && !shown.has(seat) ? [seat.source] : []));
    this.#compositor.arrange(placed);
    this.#options.onArranged?.(placed.map(seen), now);
  }

  *#window(end: number): Generator<void> {
    const { grid } = this.#options;
    const stride = this.#stride;
    const ticks = this.#ticksBefore(end, stride);
    for (const source of this.#hidden) source.skip(grid.sampledUntil(end - 1));
    yield* this.#compositor.prepare(ticks.map((tick) => grid.sampledUntil(tick)));
    for (const [i, tick] of ticks.entries()) {
      const now = grid.at(tick);
      this.#compositor.draw(i, now);
      if (now >= this.#keyFrom) this.#forceKeyFrame();
      this.#options.encoder.encode(this.#canvas.frame, tick, stride).forEach(this.#options.onPacket);
      this.#tick = tick + 1;
      yield;
    }
    this.#tick = end;
  }

  /** A few pictures a second are left, however few there are. */
  get #stride(): number {
    return Math.min(this.#effort.stride, Math.max(1, Math.floor(this.#options.windowTicks / 2)));
  }

  /** Those that are drawn: every one, or every so many counted from the recording's zero. */
  #ticksBefore(end: number, stride: number): number[] {
    const ticks = Array.from({ length: end - this.#tick }, (_, i) => this.#tick + i);
    return ticks.filter((tick) => tick % stride === 0);
  }

  #forceKeyFrame(): void {
    this.#keyFrom = Infinity;
    this.#options.encoder.forceKeyFrame();
  }

  #forget(source: PictureSource): void {
    this.#past = sum(this.#past, source.stats);
    this.#sources.delete(source);
  }
}
