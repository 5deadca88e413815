import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import { buildExtensions, buildRtp } from '../../src/rtp/rtp-build.ts';
import { answeredMedia } from '../../src/synthetic/publish-sdp.ts';
import { PublishTransport } from '../../src/synthetic/publish-transport.ts';
import { postOffer } from '../../src/synthetic/whip-client.ts';
import { rtpTicks } from '../../src/units.ts';

/** 7 packets of 1070 bytes 25 times a second are 1.5 Mb/s of 720p; with 50 of Opus that makes 225 packets a second. */
const PICTURE_MS = 40;
const PICTURE_PACKETS = 7;
const PICTURE_BYTES = 1070;
const SOUND_MS = 20;
const SOUND_BYTES = 160;

const TWCC_URI = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const TWCC_ID = 3;
const FU_A = 0x7c;

/** A packet that is sent again and again with another number and time. */
interface Template {
  readonly bytes: Buffer;
  /** Where the transport-wide number is; undefined when it was not negotiated. */
  readonly transportSeqAt: number | undefined;
}

interface Line {
  readonly mid: string;
  readonly ssrc: number;
  readonly templates: readonly Template[];
  readonly ticksPerMs: number;
  seq: number;
  dueAt: number;
}

interface LineSpec {
  readonly mid: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly extensions: { readonly mid?: number; readonly audioLevel?: number; readonly twcc?: number };
}

function templateOf(spec: LineSpec, marker: boolean, payload: Uint8Array): Template {
  const { mid, ssrc, payloadType, extensions: ids } = spec;
  const mark = Uint8Array.of(0xab, 0xcd);
  const elements = [
    ...(ids.mid === undefined ? [] : [{ id: ids.mid, value: Buffer.from(mid) }]),
    ...(ids.audioLevel === undefined ? [] : [{ id: ids.audioLevel, value: Uint8Array.of(30) }]),
    ...(ids.twcc === undefined ? [] : [{ id: ids.twcc, value: mark }]),
  ];
  const fields = { payloadType, marker, sequenceNumber: 0, timestamp: 0, ssrc };
  const bytes = Buffer.from(buildRtp({ ...fields, extensions: buildExtensions(elements), payload }));
  return { bytes, transportSeqAt: ids.twcc === undefined ? undefined : bytes.indexOf(mark) };
}

/** One picture as fragments of a slice (RFC 6184 §5.8); what is in them nobody decodes here. */
function pictureTemplates(spec: LineSpec): Template[] {
  return Array.from({ length: PICTURE_PACKETS }, (_, i) => {
    const payload = Buffer.alloc(PICTURE_BYTES, 0x55);
    const [first, last] = [i === 0, i === PICTURE_PACKETS - 1];
    payload.set([FU_A, (first ? 0x80 : 0) | (last ? 0x40 : 0) | 5]);
    return templateOf(spec, last, payload);
  });
}

function soundTemplates(spec: LineSpec): Template[] {
  const payload = Buffer.alloc(SOUND_BYTES, 0x33);
  payload[0] = 0x78;
  return [templateOf(spec, false, payload)];
}

const withTransportSeq = (offer: string): string =>
  offer.replaceAll(/^(a=mid:.*?)(\r?)$/gm, `$1\r\na=extmap:${TWCC_ID} ${TWCC_URI}$2`);

/** A publisher that sends the same packets for ever: no encoder runs while somebody else's CPU is measured. */
export class LoadPublisher {
  sent = 0;
  refused = 0;
  readonly #transport: PublishTransport;
  readonly #lines: Line[] = [];
  #transportSeq = 0;

  private constructor(transport: PublishTransport) {
    this.#transport = transport;
  }

  /** Publishes at `url`. On loopback libdatachannel as the offerer sometimes closes at once: up to five tries. */
  static async open(url: string, sig: string, clock: Clock): Promise<LoadPublisher> {
    for (let attempt = 1; ; attempt++) {
      const transport = new PublishTransport(
        { audio: true, video: 'h264', audioSsrc: 1111, videoSsrc: 2222, cname: 'load', bindAddress: '127.0.0.1' },
        { onRtcp: () => undefined, onLost: () => undefined },
        clock,
      );
      const publisher = new LoadPublisher(transport);
      try {
        await publisher.#connect(url, sig);
        return publisher;
      } catch (error) {
        transport.close();
        if (attempt === 5) throw error;
        await sleep(50);
      }
    }
  }

  /** True while ICE and DTLS are up. */
  get connected(): boolean {
    return this.#transport.connected;
  }

  /** Begins, or begins again, at `at` milliseconds of the caller's clock. */
  start(at: number): void {
    for (const line of this.#lines) line.dueAt = at;
  }

  /** Sends what is due at `now`, in milliseconds of the same clock. */
  pump(now: number): void {
    for (const line of this.#lines) {
      const step = line.templates.length > 1 ? PICTURE_MS : SOUND_MS;
      for (; line.dueAt <= now; line.dueAt += step) this.#burst(line);
    }
  }

  /** Lets go of the transport. */
  close(): void {
    this.#transport.close();
  }

  async #connect(url: string, sig: string): Promise<void> {
    const { answer } = await postOffer(url, sig, withTransportSeq(await this.#transport.offer()));
    const twccId = new RegExp(`^a=extmap:(\\d+) ${TWCC_URI}`, 'm').exec(answer)?.[1];
    const twcc = twccId === undefined ? {} : { twcc: Number(twccId) };
    const accepted = answeredMedia(answer);
    const { audio, video } = this.#transport.mids;
    for (const [mid, ssrc, ticksPerMs] of [
      [audio ?? '', 1111, 48],
      [video ?? '', 2222, 90],
    ] as const) {
      const media = accepted.get(mid);
      if (!media) throw new Error(`The m-line ${mid} was refused.`);
      const spec = { mid, ssrc, payloadType: media.payloadType, extensions: { ...media.extensions, ...twcc } };
      const templates = ticksPerMs === 90 ? pictureTemplates(spec) : soundTemplates(spec);
      this.#lines.push({ mid, ssrc, templates, ticksPerMs, seq: 0, dueAt: 0 });
    }
    await this.#transport.connect(answer);
  }

  #burst(line: Line): void {
    const timestamp = rtpTicks((line.dueAt * line.ticksPerMs) >>> 0);
    for (const { bytes, transportSeqAt } of line.templates) {
      bytes.writeUInt16BE(line.seq, 2);
      bytes.writeUInt32BE(timestamp, 4);
      if (transportSeqAt !== undefined) bytes.writeUInt16BE(this.#transportSeq, transportSeqAt);
      line.seq = (line.seq + 1) & 0xffff;
      this.#transportSeq = (this.#transportSeq + 1) & 0xffff;
      if (this.#transport.send(line.mid, bytes)) this.sent += 1;
      else this.refused += 1;
    }
  }
}
