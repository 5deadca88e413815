import type { Clock } from '../../src/clock.ts';
import { wallUsToNtp } from '../../src/rtp/ntp.ts';
import { buildSenderReport } from '../../src/rtp/rtcp-build.ts';
import { parseRtcp, type RtcpPacket } from '../../src/rtp/rtcp-packet.ts';
import { buildExtensions, buildRtp, buildRtx } from '../../src/rtp/rtp-build.ts';
import type { ExtensionIds, NegotiatedMedia } from '../../src/rtp/session.ts';

/** What the model sender and the receiver under test have negotiated. */
export const modelMedia: readonly NegotiatedMedia[] = [
  {
    mid: '0',
    media: 'audio',
    codec: 'opus',
    clockRate: 48_000,
    payloadType: 111,
    redPayloadType: 63,
    nack: false,
    pli: false,
  },
  {
    mid: '1',
    media: 'video',
    codec: 'h264',
    clockRate: 90_000,
    payloadType: 102,
    rtxPayloadType: 103,
    nack: true,
    pli: true,
  },
];
export const modelExtensions: ExtensionIds = { mid: 4, transportWideCc: 3, audioLevel: 1 };

const AUDIO = 1001;
const VIDEO = 2002;
const VIDEO_RTX = 2003;
const HISTORY = 600;

/** How the model sender behaves. */
export interface ModelSenderOptions {
  /** Older Opus packets that each packet repeats. */
  readonly redundancy: number;
  readonly firstSeq: number;
  readonly firstTimestamp: number;
  readonly packetsPerFrame: number;
}

/**
 * A browser's sender in small: H.264 frames of several packets each 33 ms with RTX, Opus with RED each 20 ms, sender
 * reports, transport numbers, MID until the first receiver report. Payloads say which frame and part they are.
 */
export class ModelSender {
  frames = 0;
  sounds = 0;
  keyFrames = 0;
  retransmissions = 0;
  /** By frame or sound number: when it was sent, monotonic microseconds. */
  readonly frameSentAt: number[] = [];
  /** By sound number: whether the link took the datagram that it is the primary of. */
  readonly soundArrives: boolean[] = [];
  /** Transport number (not wrapped) of each datagram sent. */
  transportSeq = 65_000;
  readonly #clock: Clock;
  readonly #options: ModelSenderOptions;
  readonly #send: (bytes: Uint8Array) => boolean;
  readonly #history = new Map<number, Uint8Array>();
  readonly #cancel: (() => void)[];
  #videoSeq: number;
  #rtxSeq = 0;
  #keyWanted = true;
  #acknowledged = false;

  constructor(clock: Clock, options: ModelSenderOptions, send: (bytes: Uint8Array) => boolean) {
    this.#clock = clock;
    this.#options = options;
    this.#send = send;
    this.#videoSeq = options.firstSeq;
    this.#cancel = [
      clock.every(33, () => this.#sendFrame()),
      clock.every(20, () => this.#sendSound()),
      clock.every(1000, () => this.#sendReports()),
    ];
  }

  close(): void {
    this.#cancel.forEach((cancel) => cancel());
  }

  receive(bytes: Uint8Array): void {
    for (const packet of parseRtcp(bytes) ?? []) this.#takeRtcp(packet);
  }

  #takeRtcp(packet: RtcpPacket): void {
    if (packet.type === 'pli' && packet.mediaSsrc === VIDEO) this.#keyWanted = true;
    if (packet.type === 'receiver-report' && packet.reports.length > 0) this.#acknowledged = true;
    if (packet.type === 'nack' && packet.mediaSsrc === VIDEO) packet.lost.forEach((seq) => this.#retransmit(seq));
  }

  #retransmit(seq: number): void {
    const original = this.#history.get(seq);
    if (original === undefined) return;
    this.retransmissions += 1;
    this.#rtxSeq = (this.#rtxSeq + 1) & 0xffff;
    this.#transmit(buildRtx(original, 103, VIDEO_RTX, this.#rtxSeq));
  }

  #sendFrame(): void {
    const key = this.#keyWanted;
    if (key) this.keyFrames += 1;
    this.#keyWanted = false;
    const count = key ? this.#options.packetsPerFrame * 2 : this.#options.packetsPerFrame;
    this.frameSentAt[this.frames] = this.#clock.monoUs();
    for (let part = 0; part < count; part += 1) this.#sendPart(part, count, key);
    this.frames += 1;
  }

  #sendPart(part: number, count: number, key: boolean): void {
    const payload = Buffer.alloc(1100, this.frames & 0xff);
    payload.set([0x7c, (part === 0 ? 0x80 : 0) | (key ? 5 : 1)]);
    payload.writeUInt32BE(this.frames, 2);
    payload.set([part, count], 6);
    const bytes = buildRtp({
      payloadType: 102,
      marker: part === count - 1,
      sequenceNumber: this.#videoSeq,
      timestamp: (this.#options.firstTimestamp + this.frames * 2970) >>> 0,
      ssrc: VIDEO,
      extensions: this.#extensions('1'),
      payload,
    });
    this.#history.set(this.#videoSeq, bytes);
    this.#history.delete((this.#videoSeq - HISTORY) & 0xffff);
    this.#videoSeq = (this.#videoSeq + 1) & 0xffff;
    this.#transmit(bytes);
  }

  #sendSound(): void {
    const payload = redPayload(this.sounds, Math.min(this.#options.redundancy, this.sounds));
    const bytes = buildRtp({
      payloadType: 63,
      marker: this.sounds === 0,
      sequenceNumber: (this.#options.firstSeq + this.sounds) & 0xffff,
      timestamp: (this.#options.firstTimestamp + this.sounds * 960) >>> 0,
      ssrc: AUDIO,
      extensions: this.#extensions('0', 30),
      payload,
    });
    this.soundArrives[this.sounds] = this.#transmit(bytes);
    this.sounds += 1;
  }

  #sendReports(): void {
    const { seconds, fraction } = wallUsToNtp(this.#clock.wallUs());
    const at = { ntpSeconds: seconds, ntpFraction: fraction, packets: 0, octets: 0, reports: [] };
    const rtp = (rate: number): number => (this.#options.firstTimestamp + (this.#clock.monoUs() * rate) / 1e6) >>> 0;
    this.#send(buildSenderReport({ ssrc: VIDEO, rtp: rtp(90_000), ...at }));
    this.#send(buildSenderReport({ ssrc: AUDIO, rtp: rtp(48_000), ...at }));
  }

  #extensions(mid: string, level?: number): Uint8Array {
    return buildExtensions([
      { id: 3, value: new Uint8Array(2) },
      ...(this.#acknowledged ? [] : [{ id: 4, value: Buffer.from(mid) }]),
      ...(level === undefined ? [] : [{ id: 1, value: Uint8Array.of(level) }]),
    ]);
  }

  /** Puts the next transport number into the first extension element, where every packet has it. */
  #transmit(bytes: Uint8Array): boolean {
    bytes[17] = this.transportSeq >>> 8;
    bytes[18] = this.transportSeq;
    this.transportSeq += 1;
    return this.#send(bytes);
  }
}

/** RFC 2198 by hand: the sounds before `sound` that are repeated, then the sound itself. */
function redPayload(sound: number, redundancy: number): Uint8Array {
  const blocks = Array.from({ length: redundancy + 1 }, (_, i) => opusPacket(sound - redundancy + i));
  const headers = blocks.slice(0, -1).flatMap((block, i) => {
    const age = (redundancy - i) * 960;
    return [0x80 | 111, age >> 6, ((age & 0x3f) << 2) | (block.length >> 8), block.length & 0xff];
  });
  return Buffer.concat([Uint8Array.from([...headers, 111]), ...blocks]);
}

/** A packet that says its number, of a length that varies with it. */
export function opusPacket(sound: number): Uint8Array {
  const payload = Buffer.alloc(60 + (sound % 50), 0x5a);
  payload.writeUInt32BE(sound);
  return payload;
}
