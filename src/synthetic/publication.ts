import { randomBytes, randomInt } from 'node:crypto';
import type { CancelTimer, Clock } from '../clock.ts';
import { parseRtcp, type RtcpPacket } from '../rtp/rtcp-packet.ts';
import type { WallUs } from '../units.ts';
import { h264Payloads, vp8Payloads } from './payloads.ts';
import { answeredMedia, type AnsweredMedia } from './publish-sdp.ts';
import { PublishTransport } from './publish-transport.ts';
import { RtpStream } from './rtp-stream.ts';
import { SOUND_RATE } from './sound.ts';
import { deleteSession, postOffer } from './whip-client.ts';

/** What is published, and where. */
export interface PublicationOptions {
  readonly url: string;
  readonly token: string;
  readonly cname: string;
  readonly audio: boolean;
  readonly video: 'h264' | 'vp8' | undefined;
  readonly bindAddress?: string;
}

/** What a publication tells its owner. */
export interface PublicationEvents {
  onKeyFrameWanted(): void;
  /** The transport is lost, or the receiver has been silent for too long; called once at most. */
  onLost(): void;
}

/** Counters of one publication. */
export interface PublicationStats {
  packets: number;
  bytes: number;
  sendFailures: number;
  retransmitted: number;
  keyFrameRequests: number;
  reportsHeard: number;
}

const REPORT_MS = 1_000;
/**
 * A receiver that lives reports about every second; ICE consent alone (RFC 7675) would take half a minute to tell that
 * one died. Receivers that never report are not judged.
 */
const SILENCE_US = 3_000_000;
const HISTORY = 1_024;

interface Line {
  readonly stream: RtpStream;
  readonly mid: string;
}

/** One WHIP session: from the POST to the DELETE. */
export class Publication {
  readonly stats: PublicationStats = {
    packets: 0,
    bytes: 0,
    sendFailures: 0,
    retransmitted: 0,
    keyFrameRequests: 0,
    reportsHeard: 0,
  };
  readonly #options: PublicationOptions;
  readonly #events: PublicationEvents;
  readonly #clock: Clock;
  readonly #transport: PublishTransport;
  readonly #ssrc = { audio: randomInt(1, 0x7fff_ffff), video: randomInt(1, 0x7fff_ffff) };
  #audio: Line | undefined;
  #video: Line | undefined;
  #resource: string | undefined;
  #heardAt: number | undefined;
  #cancelReports: CancelTimer = () => undefined;
  #closed = false;

  private constructor(options: PublicationOptions, events: PublicationEvents, clock: Clock) {
    this.#options = options;
    this.#events = events;
    this.#clock = clock;
    this.#transport = new PublishTransport(
      { ...options, audioSsrc: this.#ssrc.audio, videoSsrc: this.#ssrc.video },
      { onRtcp: (bytes) => this.#onRtcp(bytes), onLost: () => this.#lost() },
      clock,
    );
  }

  /** Posts an offer and resolves when the transport is connected. Rejects with a WhipError or the transport's error. */
  static async open(options: PublicationOptions, events: PublicationEvents, clock: Clock): Promise<Publication> {
    const publication = new Publication(options, events, clock);
    try {
      await publication.#open();
      return publication;
    } catch (error) {
      await publication.close();
      throw error;
    }
  }

  get connected(): boolean {
    return this.#transport.connected;
  }

  /** Sends a coded picture captured at `at`. */
  sendPicture(data: Uint8Array, at: WallUs): void {
    if (!this.#video) return;
    const payloads = this.#options.video === 'h264' ? h264Payloads(data) : vp8Payloads(data);
    for (const packet of this.#video.stream.packets(payloads, at, true)) this.#send(this.#video.mid, packet);
  }

  /** Sends an Opus packet whose sound begins at `at`; `level` is RFC 6464's. */
  sendSound(data: Uint8Array, at: WallUs, level: number): void {
    if (!this.#audio) return;
    for (const packet of this.#audio.stream.packets([data], at, false, level)) this.#send(this.#audio.mid, packet);
  }

  /** Leaves: DELETE, then closes the transport. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelReports();
    // A session that is gone already, or a server that is, ends just the same.
    if (this.#resource !== undefined) await deleteSession(this.#resource, this.#options.token).catch(() => undefined);
    this.#transport.close();
  }

  /** Closes the transport without a DELETE. */
  abandon(): void {
    this.#resource = undefined;
    this.#closed = true;
    this.#cancelReports();
    this.#transport.close();
  }

  async #open(): Promise<void> {
    const offer = await this.#transport.offer();
    const { answer, resource } = await postOffer(this.#options.url, this.#options.token, offer);
    this.#resource = resource;
    const accepted = answeredMedia(answer);
    const { audio, video } = this.#transport.mids;
    if (audio !== undefined) this.#audio = this.#line(accepted.get(audio), this.#ssrc.audio, SOUND_RATE);
    if (video !== undefined) this.#video = this.#line(accepted.get(video), this.#ssrc.video, 90_000);
    await this.#transport.connect(answer);
    this.#report();
    this.#cancelReports = this.#clock.every(REPORT_MS, () => this.#report());
  }

  #line(media: AnsweredMedia | undefined, ssrc: number, clockRate: number): Line | undefined {
    if (!media) return undefined;
    const rtpOrigin = randomBytes(4).readUInt32BE();
    const { cname } = this.#options;
    const stream = new RtpStream(
      { ...media, ssrc, clockRate, rtpOrigin, originUs: this.#clock.wallUs(), cname, history: HISTORY },
      randomInt(0, 0x1_0000),
    );
    return { stream, mid: media.mid };
  }

  #send(mid: string, packet: Buffer): void {
    if (this.#transport.send(mid, packet)) {
      this.stats.packets += 1;
      this.stats.bytes += packet.length;
    } else this.stats.sendFailures += 1;
  }

  #report(): void {
    const now = this.#clock.wallUs();
    for (const line of this.#lines()) this.#transport.send(line.mid, line.stream.senderReport(now));
    if (this.#heardAt !== undefined && this.#clock.monoUs() - this.#heardAt > SILENCE_US) this.#lost();
  }

  #onRtcp(bytes: Buffer): void {
    if (this.#closed) return;
    this.#heardAt = this.#clock.monoUs();
    this.stats.reportsHeard += 1;
    for (const packet of parseRtcp(bytes) ?? []) this.#obey(packet);
  }

  #obey(packet: RtcpPacket): void {
    if (packet.type === 'nack') for (const seq of packet.lost) this.#resend(packet.mediaSsrc, seq);
    const wanted =
      packet.type === 'pli' ? [packet.mediaSsrc] : packet.type === 'fir' ? packet.entries.map(({ ssrc }) => ssrc) : [];
    if (!wanted.includes(this.#ssrc.video)) return;
    this.stats.keyFrameRequests += 1;
    this.#events.onKeyFrameWanted();
  }

  /** Without RTX the packet goes out again as it was (RFC 4585); SRTP lets a sender repeat itself. */
  #resend(ssrc: number, seq: number): void {
    const line = this.#lines().find(({ stream }) => stream.ssrc === ssrc);
    const packet = line?.stream.again(seq, this.#clock.monoUs());
    if (!line || !packet) return;
    this.stats.retransmitted += 1;
    this.#send(line.mid, packet);
  }

  #lines(): Line[] {
    return [this.#audio, this.#video].filter((line) => line !== undefined);
  }

  #lost(): void {
    if (this.#closed) return;
    this.#cancelReports();
    this.#heardAt = undefined;
    this.#events.onLost();
  }
}
