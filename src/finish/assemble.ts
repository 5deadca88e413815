import { setImmediate as nextTurn } from 'node:timers/promises';
import { openAacEncoder } from '../codec/aac-encoder.ts';
import { present } from '../codec/native.ts';
import { adtsFrames } from '../segment/adts.ts';
import { transportRate } from '../segment/transport-time.ts';
import type { AudioFormat } from '../segment/segment-writer.ts';
import { AdtsFile } from './adts-file.ts';
import type { ExpectedStreams } from './finish-request.ts';
import { Mp4Muxer, type Mp4Streams } from './mp4-muxer.ts';
import { partPackets, spanTicks, type PartSpan } from './part-media.ts';
import { PictureLane } from './picture-lane.ts';
import type { PlacedPacket, RecordedMedia } from './recorded-media.ts';
import { SoundLane } from './sound-lane.ts';

/** Packets between two turns of the event loop, so that a parent that went away is noticed. */
const packetsPerTurn = 2000;

/** The sound of a recording: how it is coded, and what the encoder makes of silence in this coding. */
export interface PartSound {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly silentPacket: Uint8Array;
}

/** What a part is assembled of. */
export interface PartSource {
  readonly media: RecordedMedia;
  readonly span: PartSpan;
  /** Absent when the recording has none. */
  readonly sound: PartSound | undefined;
  /** A recording that was split has sound in every part, or in none. */
  readonly soundRequired: boolean;
  /** Told now and then how far the part is. */
  readonly onTicks?: ((ticks: number) => void) | undefined;
}

/** Puts a part into one MP4 at `path` and tells what must be in it: no stream, and no file, when there is nothing. */
export async function assembleMp4(
  { media, span, sound, soundRequired, onTicks }: PartSource,
  video: Mp4Streams['video'],
  path: string,
): Promise<ExpectedStreams> {
  const ticks = spanTicks(span);
  const muxer = new Mp4Muxer(path, { video, audio: sound, spanUs: Math.round((ticks * 100) / 9) });
  try {
    const pictures = video && new PictureLane({ parameterSets: video.parameterSets, end: ticks, sink: muxer });
    const write = (start: number, samples: number, data: Uint8Array): void => muxer.writeAudio(start, samples, data);
    const lane = sound && soundLane(sound, { ticks, timed: true, required: soundRequired, write });
    await copyPackets(partPackets(media, span), { pictures, sound: lane, onTicks });
    const written = { audio: lane?.wrote ?? false, video: pictures?.wrote ?? false };
    if (written.audio || written.video) muxer.finish();
    else muxer.close();
    return written;
  } catch (error) {
    muxer.close();
    throw error;
  }
}

/** Puts the sound of a part into an ADTS file at `path` and tells whether there is any. */
export async function assembleAac(
  { media, span, soundRequired, onTicks }: PartSource,
  sound: PartSound,
  path: string,
): Promise<ExpectedStreams> {
  const file = new AdtsFile(path, sound);
  try {
    const write = (_start: number, _samples: number, data: Uint8Array): void => file.write(data);
    const lane = soundLane(sound, { ticks: spanTicks(span), timed: false, required: soundRequired, write });
    await copyPackets(partPackets(media, span), { pictures: undefined, sound: lane, onTicks });
    file.finish();
    return { audio: lane.wrote, video: false };
  } finally {
    file.close();
  }
}

interface LaneOptions {
  readonly ticks: number;
  readonly timed: boolean;
  readonly required: boolean;
  readonly write: (start: number, samples: number, data: Uint8Array) => void;
}

const soundLane = ({ sampleRate, silentPacket }: PartSound, { ticks, timed, required, write }: LaneOptions) =>
  new SoundLane({
    sampleRate,
    silentPacket,
    end: Math.round((ticks * sampleRate) / transportRate),
    timed,
    required,
    sink: write,
  });

interface PacketSinks {
  readonly pictures: PictureLane | undefined;
  readonly sound: SoundLane | undefined;
  readonly onTicks: PartSource['onTicks'];
}

async function copyPackets(packets: Iterable<PlacedPacket>, { pictures, sound, onTicks }: PacketSinks): Promise<void> {
  let count = 0;
  for (const packet of packets) {
    if (packet.kind === 'video') pictures?.push(packet);
    else if (sound) pushSound(sound, packet);
    count += 1;
    if (count % packetsPerTurn !== 0) continue;
    onTicks?.(packet.pts);
    await nextTurn();
  }
  pictures?.finish();
  sound?.finish();
}

function pushSound(lane: SoundLane, packet: PlacedPacket): void {
  let frame = 0;
  const start = lane.toSamples(packet.pts);
  for (const { data } of adtsFrames(packet.data)) lane.push(start + 1024 * frame++, data);
}

/** A recording's sound, with what the encoder makes of silence in its format. */
export async function soundOf(format: { sampleRate: number; channels: number }): Promise<PartSound> {
  const channels = format.channels === 1 ? 1 : 2;
  const encoder = await openAacEncoder({ sampleRate: format.sampleRate as AudioFormat['sampleRate'], channels });
  while (!encoder.settled) encoder.encodeSilence();
  const silentPacket = present('silent packet', encoder.silentPacket);
  encoder.close();
  return { sampleRate: format.sampleRate, channels, silentPacket };
}
