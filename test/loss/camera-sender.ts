import type { Clock } from '../../src/clock.ts';
import { wallUsToNtp } from '../../src/rtp/ntp.ts';
import { buildSenderReport } from '../../src/rtp/rtcp-build.ts';
import { parseRtcp } from '../../src/rtp/rtcp-packet.ts';
import { buildExtensions, buildRtp, buildRtx } from '../../src/rtp/rtp-build.ts';
import type { ExtensionIds, NegotiatedMedia } from '../../src/rtp/session.ts';
import { h264Payloads } from '../../src/synthetic/payloads.ts';
import { rate, type LiveCamera } from './live-camera.ts';

export const extensions: ExtensionIds = { mid: 4, transportWideCc: 3 };
const [ssrc, rtxSsrc] = [2002, 2003];
/** Just before the number and the timestamp wrap. */
const firstSeq = 65_000;
const firstTimestamp = 2 ** 32 - 90_000 * 5;
const history = 1000;

/** What is negotiated for the picture; without repair packets are neither asked for nor sent again. */
export const videoMedia = (repair: boolean): NegotiatedMedia => ({
  mid: '1',
  media: 'video',
  codec: 'h264',
  clockRate: 90_000,
  payloadType: 102,
  nack: repair,
  pli: true,
  ...(repair ? { rtxPayloadType: 103 } : {}),
});

/** Sends what a camera gives as a browser would: RTP, sender reports, repair on request, a key picture on request. */
export class CameraSender {
  keyPictures = 0;
  /** Wall time in microseconds of each picture's capture, by number. */
  readonly takenUs: number[] = [];
  readonly #clock: Clock;
  readonly #camera: LiveCamera;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #sent = new Map<number, Uint8Array>();
  readonly #cancel: (() => void)[];
  #seq = firstSeq;
  #rtxSeq = 0;
  #transportSeq = 65_000;
  #keyWanted = true;

  constructor(clock: Clock, camera: LiveCamera, send: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#camera = camera;
    this.#send = send;
    this.#cancel = [clock.every(1000 / rate, () => this.#picture()), clock.every(1000, () => this.#report())];
  }

  close(): void {
    for (const cancel of this.#cancel) cancel();
  }

  /** Takes what the receiver sends back. */
  receive(bytes: Uint8Array): void {
    for (const packet of parseRtcp(bytes) ?? []) {
      if (packet.type === 'pli' && packet.mediaSsrc === ssrc) this.#keyWanted = true;
      if (packet.type === 'nack' && packet.mediaSsrc === ssrc) for (const seq of packet.lost) this.#repeat(seq);
    }
  }

  #picture(): void {
    const key = this.#keyWanted;
    this.#keyWanted = false;
    if (key) this.keyPictures += 1;
    const n = this.takenUs.push(this.#clock.wallUs()) - 1;
    const timestamp = (firstTimestamp + (n * 90_000) / rate) % 2 ** 32;
    const payloads = h264Payloads(this.#camera.take(key));
    payloads.forEach((payload, i) => this.#packet(payload, timestamp, i === payloads.length - 1));
  }

  #packet(payload: Uint8Array, timestamp: number, marker: boolean): void {
    const sequenceNumber = this.#seq;
    this.#seq = (this.#seq + 1) & 0xffff;
    const block = buildExtensions([
      { id: 3, value: new Uint8Array(2) },
      { id: 4, value: Buffer.from('1') },
    ]);
    const bytes = buildRtp({ payloadType: 102, marker, sequenceNumber, timestamp, ssrc, extensions: block, payload });
    this.#sent.set(sequenceNumber, bytes);
    this.#sent.delete((sequenceNumber - history) & 0xffff);
    this.#transmit(bytes);
  }

  #repeat(seq: number): void {
    const original = this.#sent.get(seq);
    if (!original) return;
    this.#rtxSeq = (this.#rtxSeq + 1) & 0xffff;
    this.#transmit(buildRtx(original, 103, rtxSsrc, this.#rtxSeq));
  }

  #report(): void {
    const { seconds, fraction } = wallUsToNtp(this.#clock.wallUs());
    const first = this.takenUs[0];
    if (first === undefined) return;
    const rtp = Math.round(firstTimestamp + ((this.#clock.wallUs() - first) * 90_000) / 1e6) % 2 ** 32;
    const at = { ntpSeconds: seconds, ntpFraction: fraction, packets: 0, octets: 0, reports: [] };
    this.#send(buildSenderReport({ ssrc, rtp, ...at }));
  }

  /** The transport number stands in the first extension element of every packet. */
  #transmit(bytes: Uint8Array): void {
    bytes[17] = this.#transportSeq >>> 8;
    bytes[18] = this.#transportSeq;
    this.#transportSeq += 1;
    this.#send(bytes);
  }
}
