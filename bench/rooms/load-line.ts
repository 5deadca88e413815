import { wallUsToNtp } from '../../src/rtp/ntp.ts';
import { buildSenderReport } from '../../src/rtp/rtcp-build.ts';
import { buildExtensions, buildRtp } from '../../src/rtp/rtp-build.ts';
import { rtpTicks, wallUs, type RtpTicks } from '../../src/units.ts';
import type { Loop } from './load-media.ts';

/** A packet that is sent again and again with another number and time. */
interface Template {
  readonly bytes: Buffer;
  /** Where the transport-wide number is; undefined when it was not negotiated. */
  readonly transportSeqAt: number | undefined;
}

/** How a stream was negotiated. */
export interface LineSpec {
  readonly mid: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly extensions: { readonly mid?: number; readonly audioLevel?: number; readonly twcc?: number };
}

/** What a stream sends by. */
export interface LineOutput {
  readonly nextTransportSeq: () => number;
  readonly send: (mid: string, bytes: Buffer) => void;
}

/** A voice of ordinary loudness. */
const TALKING = 30;
/** Packets kept for those who ask again: four seconds of 720p. */
const HISTORY = 1024;

function templateOf(spec: LineSpec, { level = TALKING }: Loop, marker: boolean, payload: Uint8Array): Template {
  const { mid, ssrc, payloadType, extensions: ids } = spec;
  const mark = Uint8Array.of(0xab, 0xcd);
  const elements = [
    ...(ids.mid === undefined ? [] : [{ id: ids.mid, value: Buffer.from(mid) }]),
    ...(ids.audioLevel === undefined ? [] : [{ id: ids.audioLevel, value: Uint8Array.of(level) }]),
    ...(ids.twcc === undefined ? [] : [{ id: ids.twcc, value: mark }]),
  ];
  const fields = { payloadType, marker, sequenceNumber: 0, timestamp: 0, ssrc };
  const bytes = Buffer.from(buildRtp({ ...fields, extensions: buildExtensions(elements), payload }));
  return { bytes, transportSeqAt: ids.twcc === undefined ? undefined : bytes.indexOf(mark) };
}

const made = new WeakMap<Loop, Map<string, readonly (readonly Template[])[]>>();

/** Publishers that negotiated the same share their templates: a hundred would have gigabytes of them. */
function templatesOf(spec: LineSpec, loop: Loop): readonly (readonly Template[])[] {
  const known = made.get(loop) ?? new Map<string, readonly (readonly Template[])[]>();
  made.set(loop, known);
  const key = JSON.stringify(spec);
  const templates =
    known.get(key) ??
    loop.steps.map((step) =>
      step.map((payload, i) => templateOf(spec, loop, loop.marks && i === step.length - 1, payload)),
    );
  known.set(key, templates);
  return templates;
}

/** One stream of ready-made packets, with sender reports and an ear for NACKs. Times in milliseconds of the caller's clock. */
export class LoadLine {
  readonly #spec: LineSpec;
  readonly #loop: Loop;
  readonly #output: LineOutput;
  readonly #templates: readonly (readonly Template[])[];
  readonly #kept: { template: Template; timestamp: RtpTicks }[] = [];
  #begun = 0;
  #next = 0;
  #steps = 0;
  #packets = 0;
  #resent = 0;

  constructor(spec: LineSpec, loop: Loop, output: LineOutput) {
    this.#spec = spec;
    this.#loop = loop;
    this.#output = output;
    this.#templates = templatesOf(spec, loop);
  }

  get ssrc(): number {
    return this.#spec.ssrc;
  }

  /** Steps of the loop that were sent, and packets that were sent again. */
  get stats(): { readonly steps: number; readonly resent: number } {
    return { steps: this.#steps, resent: this.#resent };
  }

  /** The next step is due at `at`, the others evenly after it. */
  begin(at: number): void {
    this.#begun = at;
    this.#next = 0;
  }

  /** Sends what is due; answers how late the oldest of it is. */
  pump(now: number): number {
    const late = Math.max(0, now - this.#due());
    for (let due = this.#due(); due <= now; due = this.#due()) this.#sendStep(due);
    return late;
  }

  /** Says how RTP time stands to wall time. */
  report(now: number): void {
    const { seconds: ntpSeconds, fraction: ntpFraction } = wallUsToNtp(
      wallUs(Math.round((performance.timeOrigin + now) * 1000)),
    );
    const fields = { ssrc: this.#spec.ssrc, ntpSeconds, ntpFraction, rtp: this.#ticks(now) };
    const report = buildSenderReport({ ...fields, packets: this.#packets, octets: 0, reports: [] });
    this.#output.send(this.#spec.mid, Buffer.from(report));
  }

  /** Sends a packet again that was lost on the way. */
  resend(seq: number): void {
    const age = (this.#packets - seq) & 0xffff;
    const kept = this.#kept[seq % HISTORY];
    if (!kept || age === 0 || age > HISTORY) return;
    this.#resent += 1;
    this.#send(kept.template, seq, kept.timestamp);
  }

  #due(): number {
    return this.#begun + (this.#next * 1000) / this.#loop.perSecond;
  }

  #ticks(at: number): RtpTicks {
    return rtpTicks(Math.round((at * this.#loop.clockRate) / 1000) >>> 0);
  }

  #sendStep(due: number): void {
    const timestamp = this.#ticks(due);
    for (const template of this.#templates[this.#steps % this.#templates.length] ?? []) {
      this.#kept[this.#packets % HISTORY] = { template, timestamp };
      this.#send(template, this.#packets & 0xffff, timestamp);
      this.#packets += 1;
    }
    this.#steps += 1;
    this.#next += 1;
  }

  #send({ bytes, transportSeqAt }: Template, seq: number, timestamp: RtpTicks): void {
    bytes.writeUInt16BE(seq, 2);
    bytes.writeUInt32BE(timestamp, 4);
    if (transportSeqAt !== undefined) bytes.writeUInt16BE(this.#output.nextTransportSeq(), transportSeqAt);
    this.#output.send(this.#spec.mid, bytes);
  }
}
