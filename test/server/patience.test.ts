import assert from 'node:assert/strict';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import fastify from 'fastify';
import { connectionLimits } from '../../src/server/patience.ts';

/** Sends the text, then a byte every 20 ms for as long as it is let; resolves with what came when the server closes. */
function drip(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const more = setInterval(() => socket.write('a'), 20);
    socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(more);
      resolve(answer);
    });
  });
}

test('who sends a head or a body byte by byte, or nothing at all, is closed', async (t) => {
  const server = fastify(connectionLimits({ headMs: 200, requestMs: 400, idleMs: 300 }));
  server.post('/', async () => 'ok');
  await server.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  assert.match(await drip(port, 'POST / HTTP/1.1\r\nHost: h\r\nX-A: '), /^HTTP\/1\.1 408 /);
  const body = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n';
  assert.match(await drip(port, body), /^HTTP\/1\.1 408 /);
  const silent = connect(port, '127.0.0.1');
  silent.resume();
  await new Promise((resolve) => silent.once('close', resolve));
});
