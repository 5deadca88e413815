import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { FinishRunner } from '../../src/recorder/finish-runner.ts';
import { LoadMeter } from '../../src/recorder/load-meter.ts';
import { Recorder, type RunningTask, type TaskLease } from '../../src/recorder/recorder.ts';
import { SpaceRelief } from '../../src/recorder/space-relief.ts';
import { gridPlan } from '../../src/layout/layout-plan.ts';
import {
  everybody,
  type LeasedTask,
  type PlanChange,
  type SyncRequest,
  type SyncResponse,
} from '../../src/worker-api/messages.ts';
import { micros } from '../../src/units.ts';
import { leasedJob, leasedTask, settle, silent } from './recorder-kit.ts';

const LEASE_MS = 15_000;

interface Run {
  readonly task: LeasedTask;
  readonly stops: number[];
  readonly changes: PlanChange[];
  readonly strides: number[];
  readonly lease: TaskLease;
  closed: boolean;
  drained: boolean;
  onlyReports: boolean;
}

/** What a recorder says that has nothing to do. */
const idle = {
  busy: 0,
  lagMs: 0,
  effort: 0,
  freeMb: 1000,
  spoolFull: false,
  takes: { single: true, mixed: true },
};

/** A recorder whose server answers each sync when, and what, the test says. */
class Bench {
  readonly clock = new FakeClock();
  readonly runs: Run[] = [];
  readonly jobs: { jobId: number; epoch: number; cancelled: boolean }[] = [];
  readonly syncs: { request: SyncRequest; answer: PromiseWithResolvers<SyncResponse> }[] = [];
  readonly recorder: Recorder;
  /** How far every task is behind, in milliseconds, and the share of the time at work. */
  lagMs = 0;
  busy = 0;
  freeMb = 1000;
  /** Bytes that tasks have written lately. */
  readonly written: Record<string, number> = {};
  readonly #spent = { active: 0, cpu: 0, total: 0 };
  /** Tasks that cannot begin here. */
  readonly cursed = new Set<string>();

  constructor(t: TestContext) {
    this.recorder = new Recorder({
      recorderId: 'r',
      sync: (request) => this.#onSync(request),
      runTask: (task, lease) => this.#onRun(task, lease),
      jobs: new FinishRunner({
        begin: ({ jobId, epoch }) => {
          const job = { jobId, epoch, cancelled: false };
          this.jobs.push(job);
          return { outcome: new Promise(() => {}), cancel: () => (job.cancelled = true) };
        },
        report: () => assert.fail('no job ends here'),
        onConfirmed: () => assert.fail('no job ends here'),
        clock: this.clock,
        log: silent,
      }),
      capacity: { tasks: 3, jobs: 1 },
      meter: new LoadMeter({
        utilization: () => ({ ...this.#spent }),
        mostBusy: 850,
        freeMb: () => this.freeMb,
        leastFreeMb: 256,
      }),
      relief: new SpaceRelief({ stopMb: 48, writtenLately: ({ taskId }) => this.written[taskId] ?? 0 }),
      clock: this.clock,
      log: silent,
    });
    t.after(() => this.close());
  }

  /** The sync that waits for an answer. */
  get asked(): SyncRequest {
    return this.syncs.at(-1)!.request;
  }

  /** Answers the open sync; what was asked for is kept unless told otherwise. */
  async answer(change: Partial<SyncResponse> = {}): Promise<void> {
    const { request, answer } = this.syncs.at(-1)!;
    const keptTasks = request.tasks.map(({ taskId }) => taskId);
    const keptJobs = request.jobs.map(({ jobId }) => jobId);
    answer.resolve({
      leaseMs: LEASE_MS,
      keptTasks,
      keptJobs,
      newTasks: [],
      newJobs: [],
      stops: [],
      changes: [],
      ...change,
    });
    await settle();
  }

  /** Seconds go by at the present load. */
  live(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.#spent.active += 1000 * this.busy;
      this.#spent.total += 1000;
      this.clock.advance(1000);
    }
  }

  async fail(): Promise<void> {
    this.syncs.at(-1)!.answer.reject(new Error('connection refused'));
    await settle();
  }

  async close(): Promise<void> {
    const closing = this.recorder.close();
    await this.answer();
    await this.answer();
    await closing;
  }

  #onSync(request: SyncRequest): Promise<SyncResponse> {
    const answer = Promise.withResolvers<SyncResponse>();
    this.syncs.push({ request, answer });
    return answer.promise;
  }

  #onRun(task: LeasedTask, lease: TaskLease): RunningTask {
    if (this.cursed.has(task.taskId)) throw new Error('recording.json is damaged');
    const told = { stops: [], changes: [], strides: [] };
    const run: Run = { task, lease, ...told, closed: false, drained: false, onlyReports: false };
    this.runs.push(run);
    return {
      stop: (code) => void run.stops.push(code),
      change: (change) => void run.changes.push(change),
      load: () => ({ mode: 'mixed', flowing: true, spentUs: micros(0), lagUs: micros(this.lagMs * 1000) }),
      setEffort: ({ stride }) => void run.strides.push(stride),
      close: () => void (run.closed = true),
      drain: async () => void (run.drained = true),
      get onlyReports() {
        return run.onlyReports;
      },
    };
  }
}

test('asks for as much as it has room for, and lists what it holds with its epoch', async (t) => {
  const bench = new Bench(t);
  const nothing = { recorderId: 'r', tasks: [], jobs: [], wantTasks: 3, wantJobs: 1, load: idle };
  assert.deepEqual(bench.asked, nothing);
  await bench.answer({ newTasks: [leasedTask('a', 4), leasedTask('b')], newJobs: [leasedJob(7, 2)] });
  assert.deepEqual(bench.asked, {
    recorderId: 'r',
    tasks: [
      { taskId: 'a', epoch: 4, revision: 0 },
      { taskId: 'b', epoch: 1, revision: 0 },
    ],
    jobs: [{ jobId: 7, epoch: 2 }],
    wantTasks: 1,
    wantJobs: 0,
    load: idle,
  });
  assert.deepEqual(bench.recorder.stats(), { tasks: 2, jobs: 1 });
});

test('a task that ended is not listed any more, and its room is free', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a')] });
  bench.runs[0]!.lease.onEnded();
  await bench.answer();
  assert.deepEqual([bench.asked.tasks, bench.asked.wantTasks], [[], 3]);
});

test("the server's stop reaches its task with the LeaveCode", async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a'), leasedTask('b')] });
  await bench.answer({
    stops: [
      { taskId: 'b', leaveCode: 0 },
      { taskId: 'unknown', leaveCode: 0 },
    ],
  });
  assert.deepEqual(
    bench.runs.map((run) => run.stops),
    [[], [0]],
  );
  assert.equal(bench.asked.tasks.length, 2, 'a stopping task is held until it has ended');
});

test('a task and a job that the server does not keep are dropped at once', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a'), leasedTask('b')], newJobs: [leasedJob(7)] });
  await bench.answer({ keptTasks: ['b'], keptJobs: [] });
  assert.deepEqual(
    bench.runs.map((run) => run.closed),
    [true, false],
  );
  assert.equal(bench.jobs[0]?.cancelled, true);
  assert.deepEqual(bench.asked.tasks, [{ taskId: 'b', epoch: 1, revision: 0 }]);
  assert.deepEqual(bench.asked.jobs, []);
});

test('a lease that cannot be renewed ends by the monotonic clock, from when it was asked for (invariant 4)', async (t) => {
  const bench = new Bench(t);
  bench.clock.advance(4_000);
  await bench.answer({ newTasks: [leasedTask('a')], newJobs: [leasedJob(7)] });
  bench.clock.stepWall(3_600_000);
  bench.clock.advance(10_750);
  assert.deepEqual([bench.runs[0]?.closed, bench.jobs[0]?.cancelled], [false, false]);
  bench.clock.advance(250);
  assert.deepEqual([bench.runs[0]?.closed, bench.jobs[0]?.cancelled], [true, true]);
  assert.deepEqual(bench.recorder.stats(), { tasks: 0, jobs: 0 });
});

test('an answer that comes after the lease has run out does not revive it', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a')] });
  bench.clock.advance(LEASE_MS);
  await bench.answer({ keptTasks: ['a'] });
  assert.equal(bench.runs[0]?.closed, true);
  assert.deepEqual(bench.asked.tasks, [], 'not listing it gives it back');
});

test('a task of which only reports are left waits for the server longer than its lease', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a')] });
  bench.runs[0]!.onlyReports = true;
  await bench.fail();
  bench.clock.advance(2 * LEASE_MS);
  assert.equal(bench.runs[0]?.closed, false);
  await settle();
  assert.deepEqual(bench.asked.tasks, [{ taskId: 'a', epoch: 1, revision: 0 }]);
  await bench.answer({ keptTasks: [] });
  assert.equal(bench.runs[0]?.closed, true, 'another has the task now');
});

test('a server that is away for less than a lease is not noticed by the recordings', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a')] });
  for (let i = 0; i < 20; i += 1) {
    await bench.fail();
    bench.clock.advance(300);
    await settle();
  }
  assert.equal(bench.syncs.length, 22, 'it asks again after each failure');
  await bench.answer();
  assert.equal(bench.runs[0]?.closed, false);
  bench.clock.advance(LEASE_MS - 500);
  assert.equal(bench.runs[0]?.closed, false, 'the lease runs anew from the answered request');
});

test('a task that comes back under a new epoch is never written under two (invariant 4)', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a', 1)] });
  await bench.answer({ newTasks: [leasedTask('a', 2)] });
  assert.deepEqual(
    bench.runs.map((run) => [run.task.epoch, run.closed]),
    [
      [1, true],
      [2, false],
    ],
  );
  bench.runs[0]!.lease.onEnded();
  await bench.answer();
  assert.deepEqual(
    bench.asked.tasks,
    [{ taskId: 'a', epoch: 2, revision: 0 }],
    'the end of the old run is not the end of the new',
  );
});

test('a job that comes back under a new epoch is begun anew', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newJobs: [leasedJob(7, 1)] });
  await bench.answer({ newJobs: [leasedJob(7, 2)] });
  assert.deepEqual(bench.jobs, [
    { jobId: 7, epoch: 1, cancelled: true },
    { jobId: 7, epoch: 2, cancelled: false },
  ]);
});

test('a task that cannot begin here is given back, and the others of the same answer begin', async (t) => {
  const bench = new Bench(t);
  bench.cursed.add('a');
  await bench.answer({
    newTasks: [leasedTask('a'), leasedTask('b')],
    newJobs: [leasedJob(7)],
    stops: [{ taskId: 'b', leaveCode: 0 }],
  });
  assert.deepEqual(bench.asked.tasks, [{ taskId: 'b', epoch: 1, revision: 0 }]);
  assert.deepEqual([bench.jobs.length, bench.runs[0]?.stops], [1, [0]]);
});

test('closing drains what runs, and a last sync that lists nothing gives the leases back', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a')], newJobs: [leasedJob(7)] });
  const closing = bench.recorder.close();
  assert.deepEqual([bench.runs[0]?.drained, bench.jobs[0]?.cancelled], [true, true]);
  await bench.answer({ newTasks: [leasedTask('b')] });
  assert.equal(bench.runs.length, 1, 'what is granted now is not begun');
  assert.deepEqual(bench.asked, {
    recorderId: 'r',
    tasks: [],
    jobs: [],
    wantTasks: 0,
    wantJobs: 0,
    load: { ...idle, takes: { single: false, mixed: false } },
  });
  const syncs = bench.syncs.length;
  await bench.answer();
  await closing;
  await bench.recorder.close();
  bench.clock.advance(60_000);
  assert.equal(bench.syncs.length, syncs, 'nothing is asked for after that');
});

test('closing does not wait for a server that is away', async (t) => {
  const bench = new Bench(t);
  await bench.fail();
  const closing = bench.recorder.close();
  await settle();
  await bench.fail();
  await closing;
  assert.equal(bench.syncs.length, 2);
});

test('a changed plan is told to its run, and the next sync names the new revision', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('a'), leasedTask('b')] });
  const change: PlanChange = { layout: { ...gridPlan, mode: 'floating' }, subscription: everybody };
  await bench.answer({
    changes: [
      { taskId: 'b', revision: 3, ...change },
      { taskId: 'gone', revision: 1, ...change },
    ],
  });
  assert.deepEqual(
    bench.runs.map((run) => run.changes),
    [[], [change]],
  );
  assert.deepEqual(
    bench.asked.tasks.map(({ revision }) => revision),
    [0, 3],
  );
});

test('a recorder that falls behind leaves something out of every mix, says so, and does everything again later', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ leaseMs: 3_600_000, newTasks: [leasedTask('a')] });
  [bench.lagMs, bench.busy] = [4_000, 1];
  bench.live(5);
  await bench.answer({ leaseMs: 3_600_000, newTasks: [leasedTask('b')] });
  assert.deepEqual(
    bench.runs.map(({ strides }) => strides),
    [[1, 1, 2], [2]],
    'a task that comes meanwhile is carried the same way',
  );
  const { effort, lagMs, takes } = bench.asked.load;
  assert.deepEqual([effort, lagMs, takes], [2, 4_000, { single: false, mixed: false }]);
  [bench.lagMs, bench.busy] = [0, 0.5];
  bench.live(60);
  assert.deepEqual(bench.runs[1]?.strides, [2, 1, 1]);
  await bench.answer();
  assert.equal(bench.asked.load.effort, 0);
});

test('a disk that is nearly full ends recordings one after the other, those that write most first', async (t) => {
  const bench = new Bench(t);
  await bench.answer({ newTasks: [leasedTask('quiet'), leasedTask('loud'), leasedTask('middle')] });
  Object.assign(bench.written, { quiet: 1, loud: 3, middle: 2 });
  const stops = (): number[][] =>
    ['loud', 'middle', 'quiet'].map((id) => bench.runs.find(({ task }) => task.taskId === id)!.stops);
  bench.freeMb = 100;
  bench.live(3);
  await bench.answer();
  assert.deepEqual(stops(), [[], [], []], 'with little space they go on');
  bench.freeMb = 47;
  bench.live(1);
  assert.deepEqual(stops(), [[100], [], []]);
  bench.live(4);
  assert.deepEqual(stops(), [[100], [], []], 'what that gave is seen first');
  bench.live(1);
  assert.deepEqual(stops(), [[100], [100], []]);
  bench.runs[1]!.lease.onEnded();
  await bench.answer();
  assert.equal(bench.asked.onlyStopped, true, 'nothing is begun only to be ended');
  bench.freeMb = 60;
  bench.live(6);
  assert.deepEqual(stops(), [[100], [100], []], 'the last one goes on');
  await bench.answer();
  assert.deepEqual([bench.asked.wantTasks, bench.asked.onlyStopped], [1, undefined]);
});
