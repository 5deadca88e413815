import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioPlacer, stretchPcm } from '../../src/timeline/audio-placer.ts';
import { AudioTrackReader } from '../../src/timeline/audio-track-reader.ts';
import { SessionClock } from '../../src/timeline/session-clock.ts';
import { wallUs } from '../../src/units.ts';
import { OPUS_20MS, randomFrom, Source, T0 } from './streams.ts';

const samples = 960;
const delayUs = 20_000;

/** A steady tone as a sender samples it. */
class Tone {
  readonly #w: number;

  constructor(hertz: number) {
    this.#w = (2 * Math.PI * hertz) / 48_000;
  }

  /** Largest second difference of its own samples. */
  get roughness(): number {
    return this.#w * this.#w;
  }

  sample(n: number): number {
    return Math.sin(this.#w * (n % 48_000));
  }

  unit(k: number): Float32Array {
    return Float32Array.from({ length: samples }, (_, i) => this.sample(k * samples + i));
  }
}

interface Recorded {
  /** Largest second difference where the grid is stretched or joined, in multiples of the sender's own. */
  roughest: number;
  /** Furthest that a unit lies from its moment, in microseconds. */
  furthest: number;
  /** Samples inserted as silence or cut off. */
  broken: number;
  stretched: number;
}

/** Lays a sender's units on the grid; samples are made only where something is done to them. */
class Grid {
  readonly result: Recorded = { roughest: 0, furthest: 0, broken: 0, stretched: 0 };
  readonly #placer = new AudioPlacer({ zero: wallUs(T0), stretch: true });
  readonly #tone: Tone;
  readonly #ppm: number;
  #units = 0;
  #before: Float32Array = new Float32Array(0);

  constructor(tone: Tone, ppm: number) {
    this.#tone = tone;
    this.#ppm = ppm;
  }

  lay(at: number): void {
    const k = this.#units++;
    const { start, gapBefore, skip, stretch } = this.#placer.place(wallUs(at), samples);
    if (k > 0) this.result.broken += gapBefore + skip;
    // The first ten seconds belong to the clock, which learns the delay.
    if (k > 500) this.#note(start, k);
    if (stretch === 0 && this.#before.length === 0) return;
    const pcm = stretchPcm(this.#tone.unit(k), stretch);
    this.#look(this.#before.length > 0 ? this.#before : this.#tone.unit(k - 1), pcm);
    if (stretch !== 0) this.result.stretched += 1;
    this.#before = stretch === 0 ? new Float32Array(0) : pcm;
  }

  #note(start: number, k: number): void {
    const due = delayUs + (k * 20_000) / (1 + this.#ppm / 1e6);
    this.result.furthest = Math.max(this.result.furthest, Math.abs((start * 1000) / 48 - due));
  }

  #look(before: Float32Array, pcm: Float32Array): void {
    let [a, b] = [before.at(-2)!, before.at(-1)!];
    let most = 0;
    for (const c of pcm) {
      most = Math.max(most, Math.abs(a - 2 * b + c));
      [a, b] = [b, c];
    }
    this.result.roughest = Math.max(this.result.roughest, most / this.#tone.roughness);
  }
}

function record(hertz: number, ppm: number, hours: number, reports: boolean): Recorded {
  const random = randomFrom(11);
  const source = new Source({ clockRate: 48_000, rtpPpm: ppm, delayUs });
  const grid = new Grid(new Tone(hertz), ppm);
  const reader = new AudioTrackReader({ clock: new SessionClock(), sink: { onAudio: ({ at }) => grid.lay(at) } });
  const step = 20_000 / (1 + ppm / 1e6);
  for (let k = 0; k * step < hours * 3.6e9; k += 1) {
    reader.push(source.packet(k * step, OPUS_20MS, random() * random() * 60_000));
    if (reports && k % 250 === 100) reader.onSenderReport(source.report(k * step, random() * 30_000));
  }
  reader.close();
  return grid.result;
}

for (const [ppm, hours, reports] of [
  [100, 2, true],
  [-100, 1, true],
  [300, 0.5, true],
  [-300, 0.5, false],
] as const)
  test(`${hours} h of a clock ${ppm} ppm off, ${reports ? 'with' : 'without'} reports: no click, and in its place`, () => {
    const { roughest, furthest, broken, stretched } = record(1000, ppm, hours, reports);
    assert.equal(broken, 0, 'neither silence nor a cut');
    const samplesApart = (hours * 3600 * 48_000 * Math.abs(ppm)) / 1e6;
    assert.ok(stretched > samplesApart / 5, `${stretched} units were stretched`);
    assert.ok(roughest < 1.1, `bends ${roughest} times as much as the tone itself`);
    assert.ok(furthest < 20_000, `${furthest} µs off`);
  });

test('stretching keeps a tone pure, up to where voices end', () => {
  for (const [hertz, worst] of [
    [200, 1e-6],
    [1000, 1e-4],
    [4000, 0.003],
    [8000, 0.03],
  ] as const)
    for (const by of [-4, -1, 1, 4]) {
      const pcm = stretchPcm(new Tone(hertz).unit(0), by);
      const w = (2 * Math.PI * hertz) / 48_000;
      const errors = pcm.map((sample, i) => sample - Math.sin((w * i * (samples - 1)) / (samples + by - 1)));
      const most = Math.max(...errors.map(Math.abs));
      assert.ok(most < worst, `${hertz} Hz is ${most} off`);
    }
});
