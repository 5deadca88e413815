import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '../../src/clock.ts';
import { mostLargeBodies } from '../../src/api/large-bodies.ts';
import { signedCall, startApi } from './recording-api.ts';

interface Begun {
  readonly socket: Socket;
  readonly answer: () => string;
}

const isAnswered = ({ answer }: Begun): boolean => answer() !== '';

/** Announces a large body and sends only its beginning; resolves with the status and what was answered, if anything was. */
async function begin(port: number, head: string): Promise<Begun> {
  let text = '';
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
  return { socket, answer: () => text };
}

test('large bodies of strangers are read a few at a time; small calls go on, and room comes back', async () => {
  const clock = new FakeClock();
  const api = await startApi({ clock });
  const call = (body = '{}') => api.send(signedCall(api.host, 'DescribeCloudRecording', body, clock));
  const large = ['Content-Length: 9000000', 'Transfer-Encoding: chunked'];
  const begun: Begun[] = [];
  // The server may see them in another order than they were begun, so any of them may be the one too many.
  while (!begun.some(isAnswered)) {
    assert.ok(begun.length < 2 * mostLargeBodies, 'none was refused');
    begun.push(await begin(api.port, large[begun.length % 2]!));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const waiting = (): Begun[] => begun.filter((one) => !isAnswered(one));
  while (waiting().length > mostLargeBodies) await new Promise((resolve) => setTimeout(resolve, 20));
  const held = waiting();
  assert.equal(held.length, mostLargeBodies);
  assert.match(begun.find(isAnswered)!.answer(), /^HTTP\/1\.1 200 [^]*RequestLimitExceeded/);
  assert.notEqual((await call()).code, 'RequestLimitExceeded');
  for (const { socket, answer } of held) {
    assert.equal(answer(), '');
    socket.destroy();
  }
  const wide = JSON.stringify({ SdkAppId: 1, TaskId: 'x'.repeat(300_000) });
  for (let left = 50; left > 0; left--) {
    clock.advance(1000);
    if ((await call(wide)).code !== 'RequestLimitExceeded') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('the places of those who hung up are not free again');
});
