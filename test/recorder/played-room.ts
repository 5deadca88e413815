import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { FeedAnchor, FeedTrack } from '../../src/feed/messages.ts';
import type { MadePart } from '../../src/finish/make-parts.ts';
import { fileKey } from '../../src/naming/file-key.ts';
import { AdmittedAnchors } from '../../src/recorder/admission.ts';
import { EarlierEpochs } from '../../src/recorder/earlier-epochs.ts';
import { MixedRoomRecording } from '../../src/recorder/mixed-room-recording.ts';
import type { SubscribedRecording } from '../../src/recorder/room-recording.ts';
import { SingleRoomRecording } from '../../src/recorder/single-room-recording.ts';
import { spoolWriter } from '../../src/recorder/spool-writer.ts';
import type { Spool } from '../../src/recorder/spool.ts';
import type { AudioSink, AudioUnit, VideoSink, VideoUnit } from '../../src/timeline/media.ts';
import { toWallUs } from '../../src/units.ts';
import type { RecordedFile, RecordingPlan } from '../../src/worker-api/messages.ts';
import { pitch, tone } from '../codec/sound.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { decodeVideo, type Rect, type VideoFrame } from '../kit/video-frames.ts';
import { camera } from '../single/pictures.ts';
import { at, finish, voice } from '../single/recorder-kit.ts';
import { feedTrack, leasedTask, plan, settle, silent, tempSpool } from './recorder-kit.ts';

/** Somebody who sends a tone and a grey picture for as long as the room is played. */
export interface Person {
  readonly userId: string;
  readonly hz: number;
  readonly luma: number;
  readonly mediaId?: 'main' | 'aux';
  readonly robot?: FeedAnchor['robot'];
}

/** What happens in the room besides, at its time in milliseconds. */
export interface Scene {
  readonly ms: number;
  readonly act: (room: SubscribedRecording) => void;
}

/** A finished file of the room. */
export interface PlayedFile extends MadePart {
  /** Loudness of a pitch between two times, 0.3 for somebody who talks. */
  readonly heard: (hz: number, fromMs: number, toMs: number) => number;
  readonly frames: readonly VideoFrame[];
  /** Grey seen at a time, 16 for black; by default over the whole picture. */
  readonly luma: (ms: number, area?: Rect) => number;
  /** Spans without any sound frame. */
  readonly gaps: number;
}

/** Pictures of everybody. */
export const SIZE = { width: 160, height: 90 };
/** Milliseconds between two key frames of everybody. */
export const KEY_MS = 1_400;
const WHOLE = { left: 0, top: 0, ...SIZE };

interface Line {
  readonly unit: VideoUnit | AudioUnit;
  readonly sink: VideoSink & AudioSink;
}

/** The recording of a plan on a spool, closed after the test; a fault or an image that is asked for fails the test. */
export function openInner(
  t: TestContext,
  thePlan: RecordingPlan,
  spool: Spool,
  requestKeyFrame: (track: number) => void = () => {},
) {
  const common = {
    plan: thePlan,
    requestKeyFrame,
    onFault: (error: unknown) => assert.fail(String(error)),
    log: silent,
  };
  const inner =
    thePlan.mode === 'single'
      ? new SingleRoomRecording({
          ...common,
          epoch: 1,
          earlier: new EarlierEpochs(spool, 'task', 1),
          folder: (key) => spool.folder('task', 1, key),
        })
      : new MixedRoomRecording({
          ...common,
          zeroUs: undefined,
          images: { load: (url) => assert.fail(url) },
          onImageFailed: (url) => assert.fail(url),
          openWriter: spoolWriter({ spool, task: leasedTask('task'), log: silent }),
        });
  t.after(() => inner.close());
  return inner;
}

async function linesOf(room: SubscribedRecording, person: Person, first: number, untilMs: number): Promise<Line[]> {
  const { userId, mediaId = 'main' } = person;
  const track = (media: FeedTrack['media'], id: number) =>
    room.openTrack(feedTrack({ track: id, userId, mediaId, media }));
  const [sound, pictures] = [track('audio', first), track('video', first + 1)];
  const heard = sound ? await voice(tone(person.hz), 0, untilMs / 20) : [];
  const count = untilMs / 40;
  const seen = pictures ? await camera({ ...SIZE, from: at(0), count, gop: KEY_MS / 40, luma: () => person.luma }) : [];
  return [...heard.map((unit) => ({ unit, sink: sound! })), ...seen.map((unit) => ({ unit, sink: pictures! }))];
}

function say({ unit, sink }: Line): void {
  if ('codec' in unit) sink.onVideo(unit);
  else sink.onAudio(unit);
}

/** Records a room with these people through the gate of the plan's lists, and finishes every file. */
export async function playRoom(
  t: TestContext,
  change: Partial<RecordingPlan>,
  people: readonly Person[],
  untilMs: number,
  scenes: readonly Scene[] = [],
  most = 25,
) {
  const spool = tempSpool(t);
  const asked: number[] = [];
  const thePlan = plan(change);
  const requestKeyFrame = (track: number): void => void asked.push(track);
  const inner = openInner(t, thePlan, spool, requestKeyFrame);
  const room = new AdmittedAnchors(inner, { plan: thePlan, most, requestKeyFrame });
  for (const [i, { userId, robot }] of people.entries())
    room.anchorEntered({ userId, order: i, enteredUs: at(0), ...(robot ? { robot } : {}) });
  const lines: Line[] = [];
  for (const [i, person] of people.entries()) lines.push(...(await linesOf(room, person, i * 10, untilMs)));
  lines.sort((a, b) => a.unit.at - b.unit.at);
  const waiting = [...scenes];
  for (let ms = 0; ms <= untilMs + 100; ms += 20) {
    while (waiting[0] && waiting[0].ms <= ms) waiting.shift()!.act(room);
    while (lines[0] && lines[0].unit.at + 50_000 <= at(ms)) say(lines.shift()!);
    room.advance(at(ms));
    await settle();
  }
  const files = new Map<string, PlayedFile>();
  for (const file of await room.finish(at(untilMs))) files.set(file.fileKey, await examine(t, spool, file));
  const of = (userId: string, mediaId: 'main' | 'aux' | 'mix' = 'main'): PlayedFile => {
    const file = files.get(fileKey(userId, mediaId));
    assert.ok(file, `no file of ${userId} ${mediaId}, only ${[...files.keys()].join()}`);
    return file;
  };
  return { files, of, asked };
}

async function examine(t: TestContext, spool: Spool, file: RecordedFile): Promise<PlayedFile> {
  const dirs = spool.foldersOf('task', file.fileKey);
  const [startUs, endUs] = [toWallUs(file.startMs), toWallUs(file.endMs)];
  const finished = await finish(t, dirs, { startUs, endUs });
  assert.equal(finished.trackType, file.trackType);
  const { path } = finished;
  const sound = finished.streams.includes('aac') ? await decodeAudio(path) : undefined;
  const pictures = finished.streams.includes('h264') ? await decodeVideo(path) : undefined;
  const sample = (ms: number): number => Math.round((ms - (sound?.startUs ?? 0) / 1000) * 48);
  return {
    ...finished,
    frames: pictures?.frames ?? [],
    heard: (hz, fromMs, toMs) =>
      sound ? pitch(sound.samples.subarray(sample(fromMs), sample(toMs)), hz, sound.sampleRate) : 0,
    luma: (ms, area = WHOLE) => pictures?.at(ms)?.luma(area) ?? 0,
    gaps: sound?.gaps.length ?? 0,
  };
}
