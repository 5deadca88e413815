import { readdirSync, readFileSync } from 'node:fs';
import { publishNatively } from './native-publisher.ts';
import { SDK_APP_ID, sigFor, startTestRooms } from './rooms-fixture.ts';
const rooms = await startTestRooms({});
const base = `http://127.0.0.1:${rooms.port}`;
const look = () => ({ heap: (global.gc?.(), Math.round(process.memoryUsage().heapUsed / 1e5) / 10), threads: /Threads:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1], fds: readdirSync('/proc/self/fd').length, rss: Math.round(process.memoryUsage().rss / 1e6) });
const times: number[] = [];
for (let i = 0; i < 720; i++) {
  const p = await publishNatively(`${base}/whip/${SDK_APP_ID}/1/u${i % 5}`, sigFor(`u${i % 5}`));
  times.push(p.connectedMs);
  await fetch(base + p.location, { method: 'DELETE' });
  p.close();
  if (i % 120 === 119) { await new Promise((r) => setTimeout(r, 300)); console.log(i + 1, JSON.stringify(look())); }
}
times.sort((a, b) => a - b);
console.log('POST→connected ms median', times[90]!.toFixed(1), 'p95', times[171]!.toFixed(1), 'max', times[179]!.toFixed(1));
await rooms.close();
