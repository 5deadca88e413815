import type { TestContext } from 'node:test';
import type { FeedTrack } from '../../src/feed/messages.ts';
import type { RoomRecording } from '../../src/recorder/room-recording.ts';
import type { AudioSink, AudioUnit, VideoSink, VideoUnit } from '../../src/timeline/media.ts';
import { toWallUs } from '../../src/units.ts';
import type { RecordedFile, RecordingPlan } from '../../src/worker-api/messages.ts';
import { decodeAudio, type SoundTrack } from '../kit/sound-track.ts';
import { decodeVideo, type VideoFrames } from '../kit/video-frames.ts';
import { feedTrack, plan, settle, tempSpool } from '../recorder/recorder-kit.ts';
import { openInner } from '../recorder/played-room.ts';
import { at, finish } from '../single/recorder-kit.ts';
import { attendance, attendees, seconds, type Attendee, type Span } from './attendance-plan.ts';
import { asUnits, encodePictures, encodeVoice, white, type Voice } from './synthetic-media.ts';

/** Pictures a second of everybody. */
const fps = 10;
/** How long the flash at the beginning of every second is seen, and the beep is heard. */
export const flashMs = 200;
export const beepMs = 100;
const loudness = 0.15;

/** A finished file with everything decoded; seconds are those of the lesson. */
export interface AttendedFile {
  readonly fromSecond: number;
  readonly toSecond: number;
  readonly frames: VideoFrames;
  readonly sound: SoundTrack;
}

type Unit = VideoUnit | AudioUnit;
type Sink = VideoSink & AudioSink;

/** Something that happens in the room, or media that arrives, in all recordings at once. */
interface Moment {
  readonly ms: number;
  /** Events of one moment in this order: who leaves goes before who comes. */
  readonly rank: number;
  readonly act: () => void;
}

const beeping =
  (hz: number): Voice =>
  (n) =>
    n % 48_000 < beepMs * 48 ? loudness * Math.sin((2 * Math.PI * hz * n) / 48_000) : 0;

async function filmed({ colours }: Attendee, mediaId: 'main' | 'aux', [from, to]: Span): Promise<Unit[]> {
  const pictures = await encodePictures({
    width: 64,
    height: 36,
    fps,
    gop: fps,
    count: (to - from) * fps,
    colour: (n) => (n % fps < (flashMs * fps) / 1000 ? white : colours[mediaId]),
  });
  return asUnits(pictures, at(from * 1000), fps);
}

/** Tracks of everybody with what they carry, and the moments of coming and going. */
class Lesson {
  readonly moments: Moment[] = [];
  readonly #rooms: readonly RoomRecording[];
  #lastTrack = 0;

  constructor(rooms: readonly RoomRecording[]) {
    this.#rooms = rooms;
  }

  async add(who: Attendee): Promise<void> {
    const { there, main, aux, voice } = attendance[who.userId]!;
    for (const [from, to] of there) {
      const anchor = { userId: who.userId, order: from, enteredUs: at(from * 1000) };
      this.#at(from, 2, (room) => room.anchorEntered(anchor));
      if (to < seconds) this.#at(to, 1, (room) => room.anchorLeft(who.userId, at(to * 1000)));
    }
    const sound = await encodeVoice(beeping(who.hz), seconds, at(0));
    const during = ([from, to]: Span): Unit[] => sound.filter((u) => u.at >= at(from * 1000) && u.at < at(to * 1000));
    for (const span of voice) this.#track(span, { userId: who.userId, media: 'audio' }, during(span));
    for (const [mediaId, spans] of [
      ['main', main],
      ['aux', aux],
    ] as const)
      for (const span of spans)
        this.#track(span, { userId: who.userId, mediaId, media: 'video' }, await filmed(who, mediaId, span));
  }

  #track([from, to]: Span, of: Partial<FeedTrack>, units: readonly Unit[]): void {
    this.#lastTrack += 1;
    const track = feedTrack({ ...of, track: this.#lastTrack, startedUs: at(from * 1000) });
    for (const room of this.#rooms) {
      let sink: Sink | undefined;
      this.moments.push({ ms: from * 1000, rank: 3, act: () => (sink = room.openTrack(track)) });
      for (const unit of units)
        this.moments.push({ ms: (unit.at - at(0)) / 1000 + 50, rank: 4, act: () => deliver(sink!, unit) });
      if (to < seconds) this.moments.push({ ms: to * 1000, rank: 0, act: () => room.closeTrack(track, at(to * 1000)) });
    }
  }

  #at(second: number, rank: number, act: (room: RoomRecording) => void): void {
    for (const room of this.#rooms) this.moments.push({ ms: second * 1000, rank, act: () => act(room) });
  }
}

function deliver(sink: Sink, unit: Unit): void {
  if ('codec' in unit) sink.onVideo(unit);
  else sink.onAudio(unit);
}

/** A recording of the lesson and how its files are read once it is over. */
interface Opened {
  readonly room: RoomRecording;
  readonly files: () => Promise<Map<string, AttendedFile>>;
}

function open(t: TestContext, change: Partial<RecordingPlan>): Opened {
  const spool = tempSpool(t);
  const room = openInner(t, plan(change), spool);
  const read = async (file: RecordedFile): Promise<AttendedFile> => {
    const span = { startUs: toWallUs(file.startMs), endUs: toWallUs(file.endMs) };
    const { path } = await finish(t, spool.foldersOf('task', file.fileKey), span);
    const second = (us: number): number => Math.round((us - at(0)) / 1e6);
    const [fromSecond, toSecond] = [second(span.startUs), second(span.endUs)];
    return { fromSecond, toSecond, frames: await decodeVideo(path), sound: await decodeAudio(path) };
  };
  const files = async (): Promise<Map<string, AttendedFile>> => {
    const found = new Map<string, AttendedFile>();
    for (const file of await room.finish(at(seconds * 1000)))
      found.set(file.userId === '' ? 'mix' : `${file.userId}/${file.mediaId}`, await read(file));
    return found;
  };
  return { room, files };
}

/** Holds the lesson of the plan once, recorded by every one of these plans; gives the files of each by `user/medium` or `mix`. */
export async function holdLesson(
  t: TestContext,
  plans: readonly Partial<RecordingPlan>[],
): Promise<Map<string, AttendedFile>[]> {
  const opened = plans.map((change) => open(t, change));
  const rooms = opened.map(({ room }) => room);
  const lesson = new Lesson(rooms);
  for (const who of attendees) await lesson.add(who);
  const waiting = lesson.moments.sort((a, b) => a.ms - b.ms || a.rank - b.rank);
  let next = 0;
  for (let ms = 0; ms <= seconds * 1000 + 100; ms += 50) {
    for (let moment = waiting[next]; moment && moment.ms <= ms; moment = waiting[(next += 1)]) moment.act();
    for (const room of rooms) while (room.advance(at(ms))) await settle();
    await settle();
  }
  const files: Map<string, AttendedFile>[] = [];
  for (const one of opened) files.push(await one.files());
  return files;
}
