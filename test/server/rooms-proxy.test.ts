import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import fastify from 'fastify';
import { registerRoomsProxy } from '../../src/server/rooms-proxy.ts';

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Answer = (response: ServerResponse) => void;

/** A real public server before a real rooms server that answers as told. */
async function proxy(t: TestContext, answer: Answer = (response) => response.end()) {
  const heard: Heard[] = [];
  const rooms = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      answer(response);
    });
  }).listen(0, '127.0.0.1');
  await once(rooms, 'listening');
  const http = fastify();
  registerRoomsProxy(http, { origin: `http://127.0.0.1:${(rooms.address() as AddressInfo).port}`, token: 'token' });
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  const stopRooms = async (): Promise<void> => {
    rooms.closeAllConnections();
    await new Promise((resolve) => rooms.close(resolve));
  };
  t.after(() => http.close());
  t.after(stopRooms);
  return { url, heard, stopRooms };
}

const offer = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/sdp', ...headers },
  body,
});

async function assertProblem(answer: Response, status: number): Promise<void> {
  assert.equal(answer.status, status);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal(answer.headers.get('access-control-allow-origin'), '*', 'a page of another origin can read it');
  const body = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual([body['type'], body['status']], ['about:blank', status]);
  assert.ok(body['title'] && body['detail']);
}

test('status, headers and body of the answer pass as they are', async (t) => {
  const answer = 'v=0\r\ns=é\r\n';
  const { url } = await proxy(t, (response) =>
    response
      .writeHead(201, {
        'content-type': 'application/sdp',
        location: '/whip/1400000000/10001/alice/5f',
        etag: '"abc"',
        'access-control-expose-headers': 'Location, ETag',
        link: ['<stun:a>; rel="ice-server"', '<stun:b>; rel="ice-server"'],
      })
      .end(answer),
  );
  const got = await fetch(`${url}/whip/1400000000/10001/alice`, offer('v=0'));
  assert.deepEqual([got.status, await got.text()], [201, answer]);
  const names = ['content-type', 'location', 'etag', 'access-control-expose-headers', 'link'];
  assert.deepEqual(
    names.map((name) => got.headers.get(name)),
    [
      'application/sdp',
      '/whip/1400000000/10001/alice/5f',
      '"abc"',
      'Location, ETag',
      '<stun:a>; rel="ice-server", <stun:b>; rel="ice-server"',
    ],
  );
});

test('method, path with its escapes and query, the needed headers and the body reach the rooms', async (t) => {
  const { url, heard } = await proxy(t);
  const path = '/whip/1400000000/%E4%BC%9A%E8%AE%AE%2F1/%61lice?media=aux&room_type=string';
  const needed = { authorization: 'Bearer sig', 'if-match': '"abc"', origin: 'https://page.example' };
  const body = 'a=candidate:1\r\n\u0000é';
  await fetch(url + path, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/trickle-ice-sdpfrag',
      cookie: 'a=b',
      'x-forwarded-for': '1.2.3.4',
      ...needed,
    },
    body,
  });
  const [one] = heard;
  assert.deepEqual([one?.method, one?.url, one?.body], ['PATCH', path, body]);
  assert.equal(one?.headers['content-type'], 'application/trickle-ice-sdpfrag');
  for (const [name, value] of Object.entries(needed)) assert.equal(one?.headers[name], value);
  // The address is the one that this server saw, whatever the client claims.
  assert.deepEqual([one?.headers['cookie'], one?.headers['x-forwarded-for']], [undefined, '127.0.0.1']);
});

test('a refusal of the rooms is passed, not replaced', async (t) => {
  const { url } = await proxy(t, (response) =>
    response
      .writeHead(401, { 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer' })
      .end('{"a":1}'),
  );
  const got = await fetch(`${url}/whep/1400000000/10001/alice`, offer('v=0'));
  assert.deepEqual([got.status, got.headers.get('www-authenticate'), await got.text()], [401, 'Bearer', '{"a":1}']);
});

test('preflights and leaving work: OPTIONS and DELETE, with no body either way', async (t) => {
  const { url, heard } = await proxy(t, (response) =>
    response.writeHead(204, { 'access-control-allow-methods': 'POST' }).end(),
  );
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
  const preflight = await fetch(`${url}/whip/1/2/3`, {
    method: 'OPTIONS',
    headers: { origin: 'https://x.example', ...asked },
  });
  const left = await fetch(`${url}/whip/1/2/3/session`, { method: 'DELETE' });
  assert.deepEqual([preflight.status, left.status], [204, 204]);
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST');
  assert.equal(heard[0]?.headers['access-control-request-headers'], 'authorization');
  assert.deepEqual(
    heard.map(({ method, body }) => [method, body]),
    [
      ['OPTIONS', ''],
      ['DELETE', ''],
    ],
  );
});

test('ids of any allowed length pass the public router', async (t) => {
  const { url, heard } = await proxy(t);
  const path = `/whip/1400000000/${'%E4%BC%9A'.repeat(21)}/${'%41'.repeat(32)}`;
  await fetch(url + path, offer('v=0'));
  assert.equal(heard[0]?.url, path);
});

test('while the rooms are away the answer is a problem document that says when to try again', async (t) => {
  const { url, stopRooms } = await proxy(t);
  await stopRooms();
  const got = await fetch(`${url}/whip/1400000000/10001/alice`, offer('v=0'));
  assert.equal(got.headers.get('retry-after'), '1');
  await assertProblem(got, 503);
});

test('rooms that die in the middle of an answer are away too', async (t) => {
  const { url } = await proxy(t, (response) => {
    response.writeHead(201, { 'content-length': '1000', etag: '"half"' }).write('v=0');
    setImmediate(() => response.destroy());
  });
  const got = await fetch(`${url}/whip/1400000000/10001/alice`, offer('v=0'));
  assert.equal(got.headers.get('etag'), null);
  await assertProblem(got, 503);
});

test('64 KB of SDP pass, one byte more is refused before the rooms see any', async (t) => {
  const { url, heard } = await proxy(t);
  await fetch(`${url}/whip/1/2/3`, offer('x'.repeat(64 * 1024)));
  assert.equal(heard[0]?.body.length, 64 * 1024);
  await assertProblem(await fetch(`${url}/whip/1/2/3`, offer('x'.repeat(64 * 1024 + 1))), 413);
  assert.equal(heard.length, 1);
});

test('a body of unknown length is cut off at the limit too', async (t) => {
  const { url, heard } = await proxy(t);
  const { port } = new URL(url);
  const request = httpRequest({
    port,
    method: 'POST',
    path: '/whip/1/2/3',
    headers: { 'content-type': 'application/sdp' },
  });
  request.on('error', () => {});
  const answered = once(request, 'response') as Promise<[{ statusCode: number; resume(): void }]>;
  for (let kilobytes = 0; kilobytes < 65; kilobytes += 1) request.write(Buffer.alloc(1024, 0x78));
  const [response] = await answered;
  assert.deepEqual([response.statusCode, heard.length], [413, 0]);
  response.resume();
  request.destroy();
});

test('a path that climbs out reaches no other route of the rooms', async (t) => {
  const { url, heard } = await proxy(t, (response) => response.writeHead(404).end());
  const { port } = new URL(url);
  // fetch would resolve the dots itself.
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /whip/../rooms/v1/stats HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 404 /);
  assert.ok(heard.every((one) => one.url.startsWith('/whip/')));
});
