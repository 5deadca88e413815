import { fork } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { connectFeed } from '../../src/feed/client.ts';
import { systemClock } from '../../src/clock.ts';
import { roomOf, startTestRooms, TOKEN } from './rooms-fixture.ts';
const N = Number(process.argv[2] ?? 40),
  bots = Number(process.argv[3] ?? 1);
if (process.argv[4] === 'reader') {
  let n = 0;
  const url = process.argv[5]!;
  for (let r = 1; r <= N / 4; r++)
    for (let b = 0; b < bots; b++)
      connectFeed({
        url,
        token: TOKEN,
        clock: systemClock(),
        join: { kind: 'join', room: roomOf('number', String(r)), botUserId: 'b' + b, taskId: 't' + b },
        on: {
          onEvent() {},
          onPacket() {
            n++;
          },
          onClosed() {},
        },
      });
  const c0 = process.cpuUsage();
  let last = c0,
    ln = 0;
  setInterval(() => {
    const c = process.cpuUsage(last);
    last = process.cpuUsage();
    process.send!({ n: n - ln, us: (c.user + c.system) / (n - ln) });
    ln = n;
  }, 5000);
  process.on('disconnect', () => process.exit());
} else {
  const rooms = await startTestRooms({ maxSessions: 1000 });
  const url = `http://127.0.0.1:${rooms.port}`;
  const pub = fork(new URL('tmp-child.ts', import.meta.url), [url, '0', String(N)]);
  await new Promise((r) => pub.once('message', r));
  const reader = fork(new URL(import.meta.url), [String(N), String(bots), 'reader', url]);
  let readerSays: any;
  reader.on('message', (m) => {
    readerSays = m;
  });
  await new Promise((r) => setTimeout(r, 3000));
  for (let i = 0; i < 3; i++) {
    const s0 = rooms.stats(),
      c0 = process.cpuUsage(),
      e0 = performance.eventLoopUtilization(),
      t0 = performance.now();
    await new Promise((r) => setTimeout(r, 5000));
    const s1 = rooms.stats(),
      c = process.cpuUsage(c0),
      e = performance.eventLoopUtilization(e0),
      dt = performance.now() - t0;
    const n = s1.received.packets - s0.received.packets;
    console.log(
      `${N} publishers ${bots} bots: ${((n / dt) * 1000).toFixed(0)} pkt/s cpu ${((c.user + c.system) / dt / 10).toFixed(1)}% of a core, ${((c.user + c.system) / n).toFixed(1)} µs/pkt, loop ${(e.utilization * 100).toFixed(1)}% = ${((e.active * 1000) / n).toFixed(1)} µs/pkt; feed ${s1.feeds.packets - s0.feeds.packets} drop ${s1.feeds.droppedVideo} reader ${JSON.stringify(readerSays)}`,
    );
  }
  console.log(JSON.stringify(rooms.stats()));
  pub.disconnect();
  reader.disconnect();
  await rooms.close();
  setTimeout(() => process.exit(), 300);
}
