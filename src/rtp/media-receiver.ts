import type { MonoUs, WallUs } from '../units.ts';
import { rtpTicks } from '../units.ts';
import { KeyFrameRequester } from './key-frame-requester.ts';
import { startsKeyFrame } from './key-frame.ts';
import { LayerChoice } from './layer-choice.ts';
import { ReceiveStream } from './receive-stream.ts';
import type { ReceiverSettings } from './receiver-options.ts';
import type { RedSplitter } from './red.ts';
import type { RetransmissionRtt } from './retransmission-rtt.ts';
import { buildNack, buildPli } from './rtcp-build.ts';
import type { RtcpBatch } from './rtcp-batch.ts';
import { readU16, UNKNOWN_LEVEL, type RtpReader } from './rtp-packet.ts';
import type { NegotiatedMedia, ReceivedPacket, ReceiverEvents, ReceiverStats } from './session.ts';

/** What the m-lines of one session share. */
export interface SharedReception {
  readonly events: ReceiverEvents;
  readonly stats: ReceiverStats;
  readonly settings: ReceiverSettings;
  readonly rtt: RetransmissionRtt;
  readonly red: RedSplitter;
}

/** Time an SSRC must be silent before an older one of the same m-line may take its place back. */
const SILENT_US = 2_000_000;
/** Time a sender has to begin with a key frame of its own before it is asked for one. */
const KEY_FRAME_GRACE_US = 250_000;

/** The receiving end of one m-line: at any time one primary stream is forwarded, repaired, in whatever order it comes. */
export class MediaReceiver {
  readonly index: number;
  readonly negotiated: NegotiatedMedia;
  readonly #shared: SharedReception;
  readonly #keyFrame = new KeyFrameRequester();
  readonly #layers = new LayerChoice();
  #active: ReceiveStream | undefined;

  constructor(index: number, negotiated: NegotiatedMedia, shared: SharedReception) {
    this.index = index;
    this.negotiated = negotiated;
    this.#shared = shared;
  }

  /** The stream that is forwarded. */
  get active(): ReceiveStream | undefined {
    return this.#active;
  }

  /** What a payload type means on this m-line. */
  kindOf(payloadType: number): 'primary' | 'rtx' | undefined {
    const { payloadType: plain, redPayloadType, rtxPayloadType } = this.negotiated;
    if (payloadType === plain || payloadType === redPayloadType) return 'primary';
    return payloadType === rtxPayloadType ? 'rtx' : undefined;
  }

  /** A new primary stream. Without simulcast it is a sender that starts anew and takes over at once. */
  addStream(ssrc: number, rid: string | undefined, now: MonoUs): ReceiveStream {
    const { stats, settings, rtt } = this.#shared;
    const { clockRate, nack, rtxPayloadType } = this.negotiated;
    const rtx = rtxPayloadType !== undefined;
    const stream = new ReceiveStream({ ssrc, rid, clockRate, nack, rtx, settings, rtt, stats });
    if (rid !== undefined) this.#layers.add(rid, stream);
    if (rid === undefined || this.#active === undefined) this.#activate(stream, now);
    return stream;
  }

  /** Forgets a stream that was evicted or said BYE. */
  removeStream(stream: ReceiveStream): void {
    this.#layers.remove(stream);
    if (this.#active === stream) this.#active = undefined;
  }

  /** A packet of one of this m-line's primary streams, just read by `reader`. */
  receive(stream: ReceiveStream, reader: RtpReader, bytes: Uint8Array, arrivalUs: WallUs, now: MonoUs): void {
    const forwarded = this.#forwards(stream, reader, bytes, now);
    stream.bytes += bytes.length;
    stream.lastPacketAt = now;
    if (!forwarded) return;
    const restarts = stream.restarts;
    const seq = stream.accept(reader.sequenceNumber, reader.timestamp, now);
    if (seq < 0) this.#shared.stats.duplicates += 1;
    else if (reader.payloadType === this.negotiated.redPayloadType)
      this.#deliverRed(stream, seq, reader, bytes, arrivalUs);
    else this.#deliver(stream, seq, reader, bytes, reader.payloadStart, arrivalUs);
    if (stream.restarts !== restarts) this.#wantKeyFrame(now, KEY_FRAME_GRACE_US);
  }

  /** An RTX packet of this m-line (RFC 4588 §4): its payload is the original number and the original payload. */
  receiveRepair(rid: string | undefined, reader: RtpReader, bytes: Uint8Array, arrivalUs: WallUs, now: MonoUs): void {
    const stream = this.#active;
    // Without an original number it is a probe for bandwidth: it counts for the feedback alone.
    if (stream === undefined || reader.payloadEnd - reader.payloadStart < 2) return;
    if (rid !== undefined && rid !== stream.rid) return;
    const seq = stream.acceptRepair(readU16(bytes, reader.payloadStart), now);
    if (seq < 0) this.#shared.stats.duplicates += 1;
    else this.#deliver(stream, seq, reader, bytes, reader.payloadStart + 2, arrivalUs);
  }

  /** Wants a key frame, at once and then with back-off until one comes. Nothing for sound, or without PLI. */
  requestKeyFrame(now: MonoUs): void {
    this.#wantKeyFrame(now, 0);
  }

  /** Adds the feedback that is due. */
  tick(now: MonoUs, batch: RtcpBatch): void {
    const stream = this.#active;
    if (stream === undefined) return;
    if (stream.giveUp(now)) this.#wantKeyFrame(now, 0);
    const lost = stream.due(now);
    if (lost.length > 0) {
      batch.feedback(buildNack(this.#shared.settings.ssrc, stream.ssrc, lost));
      this.#shared.stats.nacksSent += lost.length;
    }
    if (this.#layers.choose(stream, now)) this.#wantKeyFrame(now, 0);
    if (this.#keyFrame.due(now)) this.#sendPli(batch, this.#layers.candidate ?? stream);
  }

  #sendPli(batch: RtcpBatch, stream: ReceiveStream): void {
    batch.feedback(buildPli(this.#shared.settings.ssrc, stream.ssrc));
    this.#shared.stats.plisSent += 1;
  }

  #wantKeyFrame(now: MonoUs, graceUs: number): void {
    if (this.negotiated.media === 'video' && this.negotiated.pli) this.#keyFrame.want(now, graceUs);
  }

  #forwards(stream: ReceiveStream, reader: RtpReader, bytes: Uint8Array, now: MonoUs): boolean {
    if (stream === this.#active) return true;
    const takesOver =
      this.#active === undefined ||
      now - this.#active.lastPacketAt > SILENT_US ||
      (stream === this.#layers.candidate && this.#isKeyStart(bytes, reader.payloadStart, reader.payloadEnd));
    if (takesOver) this.#activate(stream, now);
    return takesOver;
  }

  #activate(stream: ReceiveStream, now: MonoUs): void {
    if (this.#active !== undefined) {
      this.#active.retire();
      this.#shared.stats.restarts += 1;
    }
    this.#active = stream;
    stream.lastPacketAt = now;
    this.#layers.settled();
    this.#keyFrame.satisfied();
    this.#wantKeyFrame(now, KEY_FRAME_GRACE_US);
  }

  #isKeyStart(bytes: Uint8Array, start: number, end: number): boolean {
    return startsKeyFrame(this.negotiated.codec, bytes, start, end);
  }

  #deliver(
    stream: ReceiveStream,
    seq: number,
    reader: RtpReader,
    bytes: Uint8Array,
    start: number,
    arrivalUs: WallUs,
  ): void {
    if (
      this.#keyFrame.wanted &&
      this.#layers.candidate === undefined &&
      this.#isKeyStart(bytes, start, reader.payloadEnd)
    ) {
      this.#keyFrame.satisfied();
    }
    this.#emit(
      stream,
      seq,
      reader.timestamp,
      reader.marker,
      reader.level,
      arrivalUs,
      bytes.subarray(start, reader.payloadEnd),
    );
  }

  /** RFC 2198: the block k steps before the primary is the payload of the k-th packet before it. */
  #deliverRed(stream: ReceiveStream, seq: number, reader: RtpReader, bytes: Uint8Array, arrivalUs: WallUs): void {
    const { red, stats } = this.#shared;
    if (!red.split(bytes, reader.payloadStart, reader.payloadEnd)) {
      stats.malformed += 1;
      return;
    }
    const primary = red.count - 1;
    for (let i = 0; i < primary; i += 1) this.#deliverRedundant(stream, seq - primary + i, i, reader, bytes, arrivalUs);
    const payload = bytes.subarray(red.starts[primary], red.ends[primary]);
    this.#emit(stream, seq, reader.timestamp, reader.marker, reader.level, arrivalUs, payload);
  }

  #deliverRedundant(
    stream: ReceiveStream,
    seq: number,
    block: number,
    reader: RtpReader,
    bytes: Uint8Array,
    arrivalUs: WallUs,
  ): void {
    const { red, stats } = this.#shared;
    const payload = bytes.subarray(red.starts[block], red.ends[block]);
    if (payload.length === 0 || red.payloadTypes[block] !== this.negotiated.payloadType) return;
    if (red.ages[block] === 0 || !stream.acceptRedundant(seq)) return;
    stats.recoveredByRed += 1;
    const timestamp = (reader.timestamp - red.ages[block]!) >>> 0;
    this.#emit(stream, seq, timestamp, false, UNKNOWN_LEVEL, arrivalUs, payload);
  }

  #emit(
    stream: ReceiveStream,
    seq: number,
    timestamp: number,
    marker: boolean,
    level: number,
    arrivalUs: WallUs,
    payload: Uint8Array,
  ): void {
    const packet: ReceivedPacket = {
      media: this.index,
      ssrc: stream.ssrc,
      seq,
      timestamp: rtpTicks(timestamp),
      marker,
      level,
      arrivalUs,
      payload,
    };
    this.#shared.events.onPacket(packet);
  }
}
