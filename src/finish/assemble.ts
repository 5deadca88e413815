import { setImmediate as nextTurn } from 'node:timers/promises';
import { openAacEncoder } from '../codec/aac-encoder.ts';
import { present } from '../codec/native.ts';
import { adtsFrames } from '../segment/adts.ts';
import { transportRate } from '../segment/transport-time.ts';
import type { AudioFormat } from '../segment/segment-writer.ts';
import { FinishError, type ExpectedStreams, type FinishRequest } from './finish-request.ts';
import { Mp4Muxer, type Mp4Streams } from './mp4-muxer.ts';
import { PictureLane } from './picture-lane.ts';
import { RecordedMedia, type PlacedPacket, type RecordedStreams } from './recorded-media.ts';
import { SoundLane } from './sound-lane.ts';

/** Packets between two turns of the event loop, so that a parent that went away is noticed. */
const packetsPerTurn = 2000;

/** Shorter spans hold no picture that anybody could see, and less than a few frames of sound: they make no file. */
const shortestMs = 50;

/** Puts all segments of a request into one MP4 at `path` and tells what must be in it. @throws FinishError `no-media`. */
export async function assembleMp4(request: FinishRequest, path: string): Promise<ExpectedStreams> {
  const spanMs = request.endMs - request.startMs;
  if (spanMs < shortestMs) throw new FinishError('no-media', `the file would last ${spanMs} ms`);
  const media = new RecordedMedia(request.dirs, request.startMs);
  if (media.empty) throw new FinishError('no-media', 'nothing was recorded');
  const streams = fileStreams(media.streams(spanMs * (transportRate / 1000)), spanMs * 1000);
  const silentPacket = streams.audio ? await silence(streams.audio) : undefined;
  const muxer = new Mp4Muxer(path, streams);
  try {
    const written = await copyPackets(media, new Lanes(muxer, streams, silentPacket));
    if (!written.video && !written.audio) throw new FinishError('no-media', 'nothing whole lies in the file’s span');
    muxer.finish();
    return written;
  } catch (error) {
    muxer.close();
    throw error;
  }
}

/** The two streams of the file, as far as there are any. */
class Lanes {
  readonly #pictures: PictureLane | undefined;
  readonly #sound: SoundLane | undefined;

  constructor(muxer: Mp4Muxer, streams: Mp4Streams, silentPacket: Uint8Array | undefined) {
    const seconds = streams.spanUs / 1e6;
    if (streams.video) {
      const { parameterSets } = streams.video;
      const end = Math.round(seconds * transportRate);
      this.#pictures = new PictureLane({ parameterSets, end, sink: muxer });
    }
    if (streams.audio && silentPacket) {
      const { sampleRate } = streams.audio;
      const end = Math.round(seconds * sampleRate);
      const sink = (start: number, samples: number, data: Uint8Array): void => muxer.writeAudio(start, samples, data);
      this.#sound = new SoundLane({ sampleRate, silentPacket, end, sink });
    }
  }

  push(packet: PlacedPacket): void {
    if (packet.kind === 'video') return this.#pictures?.push(packet);
    if (!this.#sound) return;
    let frame = 0;
    const start = this.#sound.toSamples(packet.pts);
    for (const { data } of adtsFrames(packet.data)) this.#sound.push(start + 1024 * frame++, data);
  }

  /** Fills both streams up to the end and tells which of them have anything. */
  finish(): ExpectedStreams {
    this.#pictures?.finish();
    this.#sound?.finish();
    return { audio: this.#sound?.wrote ?? false, video: this.#pictures?.wrote ?? false };
  }
}

async function copyPackets(media: RecordedMedia, lanes: Lanes): Promise<ExpectedStreams> {
  let count = 0;
  for (const packet of media.packets()) {
    lanes.push(packet);
    count += 1;
    if (count % packetsPerTurn === 0) await nextTurn();
  }
  return lanes.finish();
}

function fileStreams({ video, audio }: RecordedStreams, spanUs: number): Mp4Streams {
  if (!video && !audio) throw new FinishError('no-media', 'the segments hold nothing whole');
  return {
    video,
    audio: audio && { sampleRate: audio.sampleRate, channels: audio.channels === 1 ? 1 : 2 },
    spanUs,
  };
}

/** What the encoder makes of silence in this format. */
async function silence(format: NonNullable<Mp4Streams['audio']>): Promise<Uint8Array> {
  const { channels } = format;
  const encoder = await openAacEncoder({ sampleRate: format.sampleRate as AudioFormat['sampleRate'], channels });
  while (!encoder.settled) encoder.encodeSilence();
  const packet = present('silent packet', encoder.silentPacket);
  encoder.close();
  return packet;
}
