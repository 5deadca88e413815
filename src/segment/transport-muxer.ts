import { AV_CODEC_ID_AAC, AV_CODEC_ID_H264, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Dictionary, FormatContext, IOContext, Packet, Rational, type Stream } from 'node-av/lib';
import { channelLayout, NativeError, ok } from '../codec/native.ts';
import type { AudioFormat, AudioPacket, VideoPacket } from './segment-writer.ts';
import { toTransport, transportRate } from './transport-time.ts';

/** Packet identifiers of our transport streams; the reader relies on them. */
export const transportPids = { video: 0x100, audio: 0x101 } as const;

/** What a section of a recording carries; it changes only with a new section. */
export interface SectionStreams {
  readonly video: boolean;
  readonly audio: AudioFormat | undefined;
  /** Marks the first packets as not following anything, for a file that others of another muxer stand before. */
  readonly detached?: boolean;
}

interface Lane {
  readonly index: number;
  lastDts: number;
}

const timeBase = new Rational(1, transportRate);
const ioBufferBytes = 65_536;

/** One continuous MPEG transport stream. Every video packet reaches `sink` at once, sound within 0.35 s or at a flush. */
export class TransportMuxer {
  readonly streams: SectionStreams;
  readonly #format = new FormatContext();
  readonly #io = new IOContext();
  readonly #packet = new Packet();
  readonly #video: Lane | undefined;
  readonly #audio: Lane | undefined;
  #closed = false;

  /** Opens the stream. @throws NativeError when the library refuses it. */
  constructor(streams: SectionStreams, sink: (bytes: Buffer) => void) {
    this.streams = streams;
    this.#packet.alloc();
    this.#io.allocContextWithCallbacks(ioBufferBytes, 1, null, (bytes) => (sink(bytes), bytes.length), null);
    ok('open transport stream', this.#format.allocOutputContext2(null, 'mpegts', null));
    this.#format.pb = this.#io;
    ok('decoding delay', this.#format.setOption('max_delay', 700_000));
    this.#video = streams.video ? this.#addVideo() : undefined;
    this.#audio = streams.audio ? this.#addAudio(streams.audio) : undefined;
    // With its length in front of it, a picture that a kill has cut short is known for one.
    const flags = streams.detached ? { mpegts_flags: '+initial_discontinuity' } : {};
    const options = { mpegts_copyts: 1, omit_video_pes_length: 0, ...flags };
    ok('transport header', this.#format.writeHeaderSync(Dictionary.fromObject(options)));
  }

  /** Writes a picture. Its stamps are moved up by a tick where they would not rise. */
  writeVideo(packet: VideoPacket): void {
    if (this.#video) this.#write(this.#video, packet, toTransport(packet.dts), packet.key);
  }

  /** Writes a frame of sound, or several in a row that have their ADTS headers already. */
  writeAudio(packet: AudioPacket): void {
    if (this.#audio) this.#write(this.#audio, packet, toTransport(packet.pts), true);
  }

  /** Puts out what is held back. */
  flush(): void {
    if (this.#closed) return;
    const flushed = this.#format.writeFrameSync(null);
    if (flushed < 0) throw new NativeError('flush transport stream', flushed);
    this.#io.flushSync();
  }

  /** Makes the next packet begin with the tables, as the first of a file must. */
  resendHeaders(): void {
    ok('resend headers', this.#format.setOption('mpegts_flags', '+resend_headers'));
  }

  /** Ends the stream, putting out what is held back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#format.writeTrailerSync();
    this.#io.flushSync();
    this.#format.pb = null;
    this.#format.freeContext();
    // Also lets go of the callback, which would otherwise keep the process alive.
    this.#io.freeContext();
    this.#packet.free();
  }

  #addVideo(): Lane {
    const stream = this.#addStream(transportPids.video);
    stream.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
    stream.codecpar.codecId = AV_CODEC_ID_H264;
    return { index: stream.index, lastDts: -1 };
  }

  #addAudio(format: AudioFormat): Lane {
    const stream = this.#addStream(transportPids.audio);
    const parameters = stream.codecpar;
    parameters.codecType = AVMEDIA_TYPE_AUDIO;
    parameters.codecId = AV_CODEC_ID_AAC;
    parameters.extradata = Buffer.from(format.config);
    parameters.sampleRate = format.sampleRate;
    parameters.channelLayout = channelLayout(format.channels);
    return { index: stream.index, lastDts: -1 };
  }

  #addStream(pid: number): Stream {
    const stream = this.#format.newStream(null);
    stream.id = pid;
    stream.timeBase = timeBase;
    return stream;
  }

  #write(lane: Lane, media: VideoPacket | AudioPacket, dts: number, key: boolean): void {
    if (this.#closed) return;
    lane.lastDts = Math.max(dts, lane.lastDts + 1);
    const packet = this.#packet;
    packet.data = Buffer.from(media.data.buffer, media.data.byteOffset, media.data.length);
    packet.streamIndex = lane.index;
    packet.dts = BigInt(lane.lastDts);
    packet.pts = BigInt(Math.max(toTransport(media.pts), lane.lastDts));
    packet.duration = BigInt(Math.max(1, Math.round((media.duration * 9) / 100)));
    packet.isKeyframe = key;
    const written = this.#format.writeFrameSync(packet);
    packet.unref();
    ok('write transport packet', written);
  }
}
