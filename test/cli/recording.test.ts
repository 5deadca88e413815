import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TaskDetailView, TaskListItem } from '../../src/admin/task-view.ts';
import type { Described } from '../../src/cli/describe.ts';
import type { InstallationSecrets } from '../../src/config/secrets.ts';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { Closers } from '../kit/closers.ts';
import { probeFile } from '../kit/media-file.ts';
import { tempFolder } from '../tasks/fixture.ts';
import { begin, roomtape, until, type Running } from './command.ts';

const ROOM = '10001';

/** As an operator would: a server by `roomtape start`, and everything else by commands in the same folder. */
describe('a room is recorded from the command line', () => {
  const closing = new Closers();
  let cwd: string;
  let server: Running;
  let anchor: SyntheticAnchor;
  let url: string;

  const env = { ROOMTAPE_RECORDERS__PROCESSES: '1', ROOMTAPE_RECORDERS__MOST_BUSY_PERCENT: '100' };
  const run = (...words: string[]) => roomtape(words, { cwd, env });
  const listed = async (...words: string[]) => JSON.parse((await run('ls', '--json', ...words)).out) as TaskListItem[];
  const described = async (taskId: string) => JSON.parse((await run('describe', taskId, '--json')).out) as Described;
  const untilReceiving = (taskId: string) =>
    until(async () => (await described(taskId)).task.status === 'InProgress', 'media arrives');

  before(async () => {
    cwd = await tempFolder(closing);
    server = begin(['start', '--port', '0'], { cwd, env: { ...env, ROOMTAPE_LOG__LEVEL: 'warn' } });
    await Promise.race([until(() => /^ready /m.test(server.out()), 'ready'), server.ended]);
    url = /^ready (\S+)$/m.exec(server.out())![1]!;
    const secrets = JSON.parse(readFileSync(join(cwd, 'data/secrets.json'), 'utf8')) as InstallationSecrets;
    const token = (await run('usersig', 'alice')).out.trim();
    const whip = `${url}/whip/${secrets.demo.sdkAppId}/${ROOM}/alice`;
    anchor = await forkSyntheticAnchor({ url: whip, token, name: 'alice', colour: '#a03020', width: 320, height: 180 });
  });

  after(async () => {
    await anchor?.close();
    if (server?.child.exitCode === null) server.child.kill('SIGKILL');
    await closing.close();
  });

  test('record --wait follows until another stops it, and prints a file that plays', async () => {
    const following = begin(['record', ROOM, '--single', '--wait', '--max-hours', '2'], { cwd, env });
    await until(() => following.out().endsWith('\n'), 'the TaskId');
    const taskId = following.out().trim();
    await untilReceiving(taskId);
    assert.deepEqual(
      (await listed('--state', 'recording', '--room', ROOM)).map((task) => task.taskId),
      [taskId],
    );
    const running = await run('describe', taskId);
    assert.match(running.out, /^State +recording, recording, media arrives$/m);
    assert.match(running.out, /^Users +alice$/m);
    assert.match(running.out, /^Parameters +single, mp4, .*2:00:00 at most$/m);
    await new Promise((resume) => setTimeout(resume, 2000));

    const stopped = await run('stop', taskId, '--wait');
    const followed = await following.ended;
    assert.deepEqual([stopped.code, followed.code], [0, 0], followed.err);
    assert.match(followed.err, /^recording, media arrives$/m);
    assert.match(followed.out, /^finished\nFile +User +State +Length +Size$/m);
    assert.match(stopped.out, /^\S+\.mp4 +alice +done +0:0\d +\d/m);
    const link = /^ {2}(http\S+\.mp4)$/m.exec(stopped.out)![1]!;
    const path = join(cwd, 'alice.mp4');
    await writeFile(path, Buffer.from(await (await fetch(link)).arrayBuffer()));
    const { video, audio, durationUs } = await probeFile(path);
    assert.deepEqual([video?.codec, audio?.codec], ['h264', 'aac']);
    assert.ok(durationUs > 1_500_000, `${durationUs} µs`);

    const { task, users, callbacks } = await described(taskId);
    assert.deepEqual([task.state, task.result, task.leaveCode, users], ['ended', 'ok', 0, ['alice']]);
    assert.ok(callbacks.length > 3);
    const human = await run('describe', taskId, '--lang', 'zh');
    assert.match(human.out, /^回调\n\d+ 个没有接收方$/m);
    assert.match(human.out, /^状态 +已完成，?,? ?LeaveCode 0$/m);
    assert.equal((await run('stop', taskId)).code, 1);
  });

  test('Ctrl-C leaves the recording running, or stops it where that was asked for', async () => {
    const left = begin(['record', ROOM, '--wait', '--users', 'alice', '--layout', 'floating'], { cwd, env });
    await until(() => left.out().endsWith('\n'), 'the TaskId');
    const taskId = left.out().trim();
    await untilReceiving(taskId);
    left.child.kill('SIGINT');
    const { code, err } = await left.ended;
    assert.equal(code, 130);
    assert.match(err, new RegExp(`The recording goes on.*roomtape stop ${taskId.replaceAll('+', '\\+')} --wait`));
    const { task } = await described(taskId);
    assert.equal(task.state, 'active');
    assert.deepEqual((task.parameters['layout'] as { mode: string }).mode, 'floating');
    assert.equal((await run('stop', taskId)).code, 0);

    const ending = begin(['record', ROOM, '--wait', '--stop-on-interrupt', '--json', '--container', 'aac'], {
      cwd,
      env,
    });
    await until(async () => (await listed('--state', 'recording')).length > 0, 'the second one');
    await untilReceiving((await listed('--state', 'recording'))[0]!.taskId);
    await new Promise((resume) => setTimeout(resume, 1500));
    ending.child.kill('SIGINT');
    const ended = await ending.ended;
    const outcome = JSON.parse(ended.out) as TaskDetailView;
    assert.equal(ended.code, 0, ended.err);
    assert.deepEqual(
      outcome.files.map(({ container, state, trackType }) => [container, state, trackType]),
      [['aac', 'done', 'audio']],
    );
  });

  test('--max-hours ends a recording by itself, as if it were stopped', async () => {
    const { code, out } = await run('record', 'nobody-is-here', '--max-hours', '0.0005', '--wait', '--json');
    const task = JSON.parse(out) as TaskDetailView;
    assert.deepEqual([code, task.leaveCode, task.room], [0, 0, { kind: 'string', id: 'nobody-is-here' }]);
    assert.ok(task.endedMs! - task.startedMs! >= 2000, `${task.endedMs! - task.startedMs!} ms`);
  });

  test('the doctor finds the running server well', async () => {
    const { out } = await run('doctor');
    assert.match(out, new RegExp(`^✓ The server is ready \\(process ${server.child.pid}\\)$`, 'm'));
    assert.match(out, /^✓ http\.port \d+ is that of the running server$/m);
    assert.match(out, new RegExp(`^✓ ${url}, by which others come, leads here$`, 'm'));
  });

  test('a second start is refused; SIGTERM ends the first one cleanly', async () => {
    const second = await run('start', '--port', '0');
    assert.equal(second.code, 1);
    assert.match(second.err, new RegExp(`^roomtape start: data_dir: .* ${server.child.pid}\\b`));
    server.child.kill('SIGTERM');
    await once(server.child, 'exit');
    assert.equal(server.child.exitCode, 0);
    const gone = await run('ls');
    assert.equal(gone.code, 1);
    assert.match(gone.err, /no server answers at .*\n {2}→ Start it with `roomtape start`/);
  });
});
