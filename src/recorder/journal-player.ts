import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FeedTrack } from '../feed/messages.ts';
import { endOfUnit, journalRecords } from '../mix-journal/read-journal.ts';
import type { RoomRecord, UnitRecord } from '../mix-journal/records.ts';
import type { AudioSink, VideoSink } from '../timeline/media.ts';
import { wallUs, type WallUs } from '../units.ts';
import type { MixedRoomRecording } from './mixed-room-recording.ts';
import type { RoomRecording } from './room-recording.ts';

/** What a journal is played into. */
export type PlayedRecording = Omit<RoomRecording, 'finish' | 'close' | 'lag' | 'setEffort'> &
  Pick<MixedRoomRecording, 'opened' | 'warmUp'>;

/** How a journal is played. */
export interface JournalPlayerOptions {
  readonly dir: string;
  /** Given what the journal says, as it was given to the mix that died. */
  readonly recording: PlayedRecording;
  /** Sound from before this is not needed. */
  readonly soundFromUs: WallUs;
  readonly signal: AbortSignal;
  /** Waited for before the first picture is drawn. */
  readonly ready: () => Promise<void>;
}

interface OpenTrack {
  readonly track: FeedTrack;
  readonly sink: VideoSink & AudioSink;
}

/** An Opus decoder has found its way after 80 ms (RFC 7845 §4.6); the encoder of the mix runs in over four frames. */
const SOUND_RUN_IN_US = 400_000;
const ADVANCE_US = 100_000;

/** Plays a journal into a mix: what happened in the room, pictures and sounds, in the order in which they came. */
export class JournalPlayer {
  readonly #options: JournalPlayerOptions;
  readonly #anchors = new Set<string>();
  readonly #tracks = new Map<number, OpenTrack>();
  #reached = wallUs(0);
  #advanced = wallUs(0);
  #opened = false;

  constructor(options: JournalPlayerOptions) {
    this.#options = options;
  }

  /** Resolves when everything was given, and drawn as far as live media would be; earlier when the signal says so. */
  async play(): Promise<void> {
    const { dir, signal } = this.#options;
    for await (const record of journalRecords(dir)) {
      if (signal.aborted) return;
      if (record.kind === 'video' || record.kind === 'audio') await this.#unit(record);
      else this.#room(record);
    }
  }

  async #unit(record: UnitRecord): Promise<void> {
    const { recording, soundFromUs } = this.#options;
    if (record.kind === 'audio' && record.unit.at < soundFromUs - SOUND_RUN_IN_US) return;
    const sink = this.#tracks.get(record.track)?.sink;
    if (record.kind === 'video') sink?.onVideo(record.unit);
    else sink?.onAudio(record.unit);
    if (!this.#opened) await this.#open();
    this.#reached = wallUs(Math.max(this.#reached, endOfUnit(record)));
    if (this.#reached - this.#advanced < ADVANCE_US) return;
    this.#advanced = this.#reached;
    while (recording.warmUp()) await nextTurn();
    while (recording.advance(this.#reached)) await nextTurn();
  }

  async #open(): Promise<void> {
    this.#opened = true;
    await this.#options.recording.opened();
    await this.#options.ready();
  }

  #room(record: RoomRecord): void {
    const { recording } = this.#options;
    switch (record.kind) {
      case 'state':
        return this.#match(record);
      case 'anchor-entered':
        this.#anchors.add(record.anchor.userId);
        return recording.anchorEntered(record.anchor);
      case 'anchor-left':
        this.#anchors.delete(record.userId);
        return recording.anchorLeft(record.userId, record.at);
      case 'track-opened':
        return this.#openTrack(record.track);
      case 'track-closed':
        return this.#closeTrack(record.track, record.at);
      case 'pictures-forgotten':
        return recording.forgetPictures(record.userId, record.at);
      case 'layout-changed':
        return recording.changeLayout(record.layout, record.at);
    }
  }

  /** A chunk begins with the room as it is; where chunks before it are whole that says nothing new. */
  #match({ anchors, tracks }: Extract<RoomRecord, { kind: 'state' }>): void {
    const present = new Set(anchors.map(({ userId }) => userId));
    const open = new Set(tracks.map(({ track }) => track));
    for (const id of this.#tracks.keys()) if (!open.has(id)) this.#closeTrack(id, this.#reached);
    for (const userId of this.#anchors) {
      if (!present.has(userId)) this.#room({ kind: 'anchor-left', userId, at: this.#reached });
    }
    for (const anchor of anchors) {
      if (!this.#anchors.has(anchor.userId)) this.#room({ kind: 'anchor-entered', anchor });
    }
    for (const track of tracks) if (!this.#tracks.has(track.track)) this.#openTrack(track);
  }

  #openTrack(track: FeedTrack): void {
    const sink = this.#options.recording.openTrack(track);
    if (sink) this.#tracks.set(track.track, { track, sink });
  }

  #closeTrack(id: number, at: WallUs): void {
    const open = this.#tracks.get(id);
    this.#tracks.delete(id);
    if (open) this.#options.recording.closeTrack(open.track, at);
  }
}
