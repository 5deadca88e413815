import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, firstMemory, type Memory, type Seen, type Wish } from '../../console/together/scheduler.ts';

/** A player as a browser's is: takes a while to begin and to seek, runs a little fast or slow, and may run dry. */
class ModelPlayer {
  readonly startMs: number;
  readonly endMs: number;
  atMs = 0;
  isDry = false;
  hasFailed = false;
  memory: Memory = firstMemory;
  readonly rates: number[] = [];
  seeks = 0;
  readonly #drift: number;
  readonly #beginMs: number;
  #rate = 1;
  #plays = false;
  #beginsMs = 0;
  #seeksUntilMs = -1;

  constructor(span: { startMs: number; endMs: number }, { drift = 1, beginMs = 20 } = {}) {
    this.startMs = span.startMs;
    this.endMs = span.endMs;
    this.#drift = drift;
    this.#beginMs = beginMs;
  }

  seen(nowMs: number): Seen {
    const { startMs, endMs, atMs, hasFailed } = this;
    return { startMs, endMs, atMs, readyState: this.isDry ? 2 : 4, isSeeking: nowMs < this.#seeksUntilMs, hasFailed };
  }

  get plays(): boolean {
    return this.#plays;
  }

  tell(order: ReturnType<typeof decide>['orders'][number], nowMs: number): void {
    this.memory = order.memory;
    this.#rate = order.rate;
    this.rates.push(order.rate);
    if (order.seekMs !== undefined) {
      this.atMs = order.seekMs;
      this.seeks += 1;
      this.#seeksUntilMs = nowMs + 150;
    }
    if (order.plays && !this.#plays) this.#beginsMs = nowMs + this.#beginMs;
    this.#plays = order.plays;
  }

  run(nowMs: number, ms: number): void {
    const moves = this.#plays && !this.isDry && nowMs >= this.#beginsMs && nowMs >= this.#seeksUntilMs;
    if (moves) this.atMs += ms * this.#rate * this.#drift;
  }
}

/** The common clock and the players, ten looks a second. */
class Model {
  nowMs = 0;
  positionMs: number;
  isPlaying = true;
  speed = 1;
  clockRuns = false;
  readonly players: ModelPlayer[];

  constructor(positionMs: number, ...players: ModelPlayer[]) {
    this.positionMs = positionMs;
    this.players = players;
  }

  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += 100) {
      this.look();
      for (let part = 0; part < 100; part += 10) {
        if (this.clockRuns) this.positionMs += 10 * this.speed;
        for (const player of this.players) player.run(this.nowMs + part, 10);
      }
    }
  }

  look(): void {
    const { isPlaying, speed, clockRuns: wasRunning } = this;
    const wish: Wish = { positionMs: this.positionMs, isPlaying, speed, clockRuns: wasRunning };
    const memories = this.players.map(({ memory }) => memory);
    const seen = this.players.map((player) => player.seen(this.nowMs));
    const { clockRuns, positionMs, orders } = decide(wish, seen, memories, this.nowMs);
    this.clockRuns = clockRuns;
    this.positionMs = positionMs;
    for (const [index, player] of this.players.entries()) player.tell(orders[index]!, this.nowMs);
  }

  /** How far those that play are apart. */
  skew(): number {
    const at = this.players.filter(({ plays }) => plays).map(({ startMs, atMs }) => startMs + atMs);
    return Math.max(...at) - Math.min(...at);
  }
}

const span = { startMs: 10_000, endMs: 200_000 };

test('players that begin late and drift come together, by their speed alone', () => {
  const slow = new ModelPlayer(span, { drift: 0.999, beginMs: 230 });
  const model = new Model(10_000, new ModelPlayer(span), slow, new ModelPlayer(span, { drift: 1.001, beginMs: 60 }));
  model.run(6000);
  let worst = 0;
  for (let n = 0; n < 300; n += 1) {
    model.run(100);
    worst = Math.max(worst, model.skew());
  }
  assert.ok(worst <= 80, `${worst} ms apart`);
  assert.deepEqual(
    model.players.map(({ seeks }) => seeks),
    [0, 0, 0],
  );
  for (const rate of model.players.flatMap(({ rates }) => rates)) assert.ok(Math.abs(rate - 1) <= 0.081);
});

test('after a seek all stand until each is there, and begin at one moment', () => {
  const model = new Model(10_000, new ModelPlayer(span), new ModelPlayer({ startMs: 12_500, endMs: 200_000 }));
  model.run(1000);
  model.positionMs = 100_000;
  model.clockRuns = false;
  model.look();
  assert.deepEqual(
    model.players.map(({ atMs, plays }) => [atMs, plays]),
    [
      [90_000, false],
      [87_500, false],
    ],
  );
  assert.equal(model.clockRuns, false);
  model.run(1000);
  assert.equal(model.clockRuns, true);
  assert.ok(model.skew() <= 80);
});

test('all wait for one that runs dry, and go on with it', () => {
  const model = new Model(10_000, new ModelPlayer(span), new ModelPlayer(span));
  model.run(2000);
  model.players[1]!.isDry = true;
  model.run(3000);
  assert.equal(model.clockRuns, false);
  assert.equal(model.players[0]!.plays, false);
  const stood = model.positionMs;
  model.run(1000);
  assert.equal(model.positionMs, stood);
  model.players[1]!.isDry = false;
  model.run(2000);
  assert.ok(model.positionMs > stood + 1000);
  assert.ok(model.skew() <= 80);
});

test('nobody is waited for for ever; one that comes after all joins the others', () => {
  const model = new Model(10_000, new ModelPlayer(span), new ModelPlayer(span));
  model.run(2000);
  model.players[1]!.isDry = true;
  model.run(20_000);
  assert.equal(model.clockRuns, true);
  assert.ok(model.positionMs > 20_000);
  model.players[1]!.isDry = false;
  model.run(4000);
  assert.ok(model.skew() <= 80);
  assert.equal(model.players[0]!.seeks, 0);
});

test('one that has failed is not waited for, nor told to play', () => {
  const model = new Model(10_000, new ModelPlayer(span), new ModelPlayer(span));
  model.players[1]!.hasFailed = true;
  model.players[1]!.isDry = true;
  model.run(500);
  assert.equal(model.clockRuns, true);
  assert.equal(model.players[1]!.plays, false);
});

test('a file plays in its time only, and is made ready before it', () => {
  const late = new ModelPlayer({ startMs: 15_000, endMs: 18_000 });
  late.atMs = 700;
  const model = new Model(10_000, new ModelPlayer(span), late);
  model.run(4000);
  assert.equal(late.plays, false);
  assert.equal(late.atMs, 0);
  model.run(2500);
  assert.equal(late.plays, true);
  assert.ok(model.skew() <= 80);
  model.run(3000);
  assert.equal(late.plays, false);
  assert.equal(model.clockRuns, true);
});

test('in a gap between files the clock runs alone', () => {
  const model = new Model(
    10_000,
    new ModelPlayer({ startMs: 10_000, endMs: 12_000 }),
    new ModelPlayer({ startMs: 20_000, endMs: 24_000 }),
  );
  model.run(5000);
  assert.ok(Math.abs(model.positionMs - 15_000) < 200);
  assert.ok(model.players.every(({ plays }) => !plays));
});

test('who has gone far astray is moved, and not again and again', () => {
  const lame = new ModelPlayer(span, { drift: 0.5 });
  const model = new Model(10_000, new ModelPlayer(span), new ModelPlayer(span), lame);
  model.run(12_000);
  assert.ok(lame.seeks >= 1 && lame.seeks <= 10, `${lame.seeks} moves`);
});

test('the speed is that of all, and nudges are relative to it', () => {
  const model = new Model(10_000, new ModelPlayer(span), new ModelPlayer(span, { beginMs: 150 }));
  model.speed = 2;
  model.run(5000);
  assert.ok(Math.abs(model.positionMs - 20_000) < 500, `${model.positionMs}`);
  assert.ok(model.skew() <= 80);
  for (const rate of model.players.flatMap(({ rates }) => rates)) assert.ok(Math.abs(rate / 2 - 1) <= 0.081);
});
