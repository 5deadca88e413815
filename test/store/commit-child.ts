import { writeSync } from 'node:fs';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/store.ts';
import { claimTask, create, newTask, recordedFile, serviceOn } from '../tasks/fixture.ts';

/** Runs tasks as fast as it can until it is killed; tells each step after its commit, never before. */
const clock = systemClock();
const store = await openStore({ path: process.argv[2] ?? '', clock });
const tasks = await serviceOn(store, clock, { concurrentTasks: 1_000_000 });
const tell = (step: string, taskId: string): void => void writeSync(1, `${step} ${taskId}\n`);

for (let n = 0; ; n += 1) {
  tell('created', await create(tasks, newTask({ botUserId: `bot-${process.pid}-${n}` })));
  const { taskId, epoch } = await claimTask(tasks, 'child');
  await tasks.reportTask(taskId, { kind: 'started', epoch, startedMs: clock.wallMs() });
  tell('started', taskId);
  const files = [recordedFile('a'), recordedFile('b')];
  await tasks.reportTask(taskId, { kind: 'stopped', epoch, leaveCode: 0, atMs: clock.wallMs(), files });
  tell('stopped', taskId);
}
