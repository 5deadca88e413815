import { setTimeout as sleep } from 'node:timers/promises';
import { parseRtcp } from '../../src/rtp/rtcp-packet.ts';
import { answeredMedia } from '../../src/synthetic/publish-sdp.ts';
import { LoadLine } from './load-line.ts';
import type { LoadMedia } from './load-media.ts';
import { AUDIO_SSRC, TWCC_URI, VIDEO_SSRC, type MakeWire, type Wire } from './wire.ts';

const REPORT_MS = 1000;

/**
 * A publisher that sends the same packets round and round: no encoder runs while somebody else's CPU is measured. Like any
 * sender it says what time it is and sends again what a NACK asks for; it makes no key frame when one is asked for.
 */
export class LoadPublisher {
  sent = 0;
  refused = 0;
  /** Milliseconds by which packets went out too late, at most: this machine is too small for its load. */
  latestMs = 0;
  readonly #wire: Wire;
  readonly #media: LoadMedia;
  #lines: LoadLine[] = [];
  #transportSeq = 0;
  #reportAt = 0;

  private constructor(media: LoadMedia, wires: MakeWire) {
    this.#media = media;
    this.#wire = wires((bytes) => this.#onRtcp(bytes));
  }

  /** Publishes at `url`. On loopback libdatachannel as the offerer sometimes closes at once: up to five tries. */
  static async open(url: string, sig: string, media: LoadMedia, wires: MakeWire): Promise<LoadPublisher> {
    for (let attempt = 1; ; attempt++) {
      const publisher = new LoadPublisher(media, wires);
      try {
        await publisher.#connect(url, sig);
        return publisher;
      } catch (error) {
        publisher.close();
        if (attempt === 5) throw error;
        await sleep(50);
      }
    }
  }

  /** True while packets can travel. */
  get connected(): boolean {
    return this.#wire.connected;
  }

  /** Pictures sent so far, the first one the first of the loop. */
  get pictures(): number {
    return this.#lines.find(({ ssrc }) => ssrc === VIDEO_SSRC)?.stats.steps ?? 0;
  }

  /** Packets sent again. */
  get resent(): number {
    return this.#lines.reduce((sum, { stats }) => sum + stats.resent, 0);
  }

  /** Begins, or begins again, at `at` milliseconds of the caller's clock. */
  start(at: number): void {
    for (const line of this.#lines) line.begin(at);
    this.#reportAt = at;
  }

  /** Sends what is due at `now`, in milliseconds of the same clock. */
  pump(now: number): void {
    for (const line of this.#lines) this.latestMs = Math.max(this.latestMs, line.pump(now));
    if (now < this.#reportAt) return;
    this.#reportAt = now + REPORT_MS;
    for (const line of this.#lines) line.report(now);
  }

  /** Lets go of the transport. */
  close(): void {
    this.#wire.close();
  }

  async #connect(url: string, sig: string): Promise<void> {
    const answer = await this.#wire.offer(url, sig);
    const { audio, video } = this.#wire.mids;
    this.#lines = [
      this.#lineOf(answer, audio ?? '', AUDIO_SSRC, this.#media.sound),
      this.#lineOf(answer, video ?? '', VIDEO_SSRC, this.#media.video),
    ];
    await this.#wire.connect(answer);
  }

  #lineOf(answer: string, mid: string, ssrc: number, loop: LoadMedia['video']): LoadLine {
    const media = answeredMedia(answer).get(mid);
    if (!media) throw new Error(`The m-line ${mid} was refused.`);
    const twccId = new RegExp(`^a=extmap:(\\d+) ${TWCC_URI}`, 'm').exec(answer)?.[1];
    const twcc = twccId === undefined ? {} : { twcc: Number(twccId) };
    const extensions = { ...media.extensions, ...twcc };
    return new LoadLine({ mid, ssrc, payloadType: media.payloadType, extensions }, loop, {
      nextTransportSeq: () => (this.#transportSeq = (this.#transportSeq + 1) & 0xffff),
      send: (to, bytes) => this.#send(to, bytes),
    });
  }

  #send(mid: string, bytes: Buffer): void {
    const isRtcp = bytes[1]! >= 200 && bytes[1]! < 208;
    const accepted = this.#wire.send(mid, bytes);
    if (!accepted) this.refused += 1;
    else if (!isRtcp) this.sent += 1;
  }

  #onRtcp(bytes: Buffer): void {
    for (const packet of parseRtcp(bytes) ?? [])
      if (packet.type === 'nack')
        for (const seq of packet.lost) this.#lines.find(({ ssrc }) => ssrc === packet.mediaSsrc)?.resend(seq);
  }
}
