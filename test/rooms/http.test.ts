import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { watcherId } from '../../src/bot-id.ts';
import { JOURNAL_PATH } from '../../src/presence/messages.ts';
import type { RunningRooms } from '../../src/rooms/start.ts';
import { wallMs } from '../../src/units.ts';
import { WatchTickets } from '../../src/watch-tickets.ts';
import { fakeTransports, type FakePeer } from './fake-peer.ts';
import { RecordedFeed, roomOf, SDK_APP_ID, sigFor, startTestRooms, TOKEN } from './rooms-fixture.ts';

const offerOf = (name: string): string => readFileSync(new URL(`offers/${name}.sdp`, import.meta.url), 'utf8');
const OFFER = offerOf('ffmpeg');

let rooms: RunningRooms;
let origin: string;
let peers: FakePeer[];

before(async () => {
  const clock = systemClock();
  const transports = fakeTransports(clock);
  peers = transports.peers;
  rooms = await startTestRooms({ clock, transports: transports.factory, maxSessions: 6 });
  origin = `http://127.0.0.1:${rooms.port}`;
});

after(() => rooms.close());

interface PostOptions {
  readonly sig?: string | undefined;
  readonly body?: string;
  readonly type?: string;
}

const post = (path: string, { sig = sigFor('alice'), body = OFFER, type = 'application/sdp' }: PostOptions = {}) =>
  fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': type, ...(sig === '' ? {} : { authorization: `Bearer ${sig}` }) },
    body,
  });

const end = async (response: Response): Promise<void> => {
  const gone = await fetch(origin + response.headers.get('location'), { method: 'DELETE' });
  assert.equal(gone.status, 200);
};

async function assertProblem(response: Response, status: number): Promise<void> {
  const body: unknown = await response.json();
  assert.equal(response.status, status, JSON.stringify(body));
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.equal((body as { status: number }).status, status);
  assert.ok((body as { detail: string }).detail.length > 5);
}

const ALICE = `/whip/${SDK_APP_ID}/10001/alice`;

describe('WHIP', () => {
  test('answers an offer with 201, Location and ETag, and DELETE ends it', async () => {
    const response = await post(ALICE);
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('content-type'), 'application/sdp');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('access-control-expose-headers')!, /Location/);
    assert.match(response.headers.get('etag')!, /^"[^"]+"$/);
    assert.match(response.headers.get('location')!, /^\/whip\/sessions\/[0-9a-f-]{36}$/);
    assert.match(await response.text(), /^v=0\r\n/);
    await end(response);
    await assertProblem(await fetch(origin + response.headers.get('location'), { method: 'DELETE' }), 404);
  });

  test('takes trickled candidates and refuses a restart', async () => {
    const response = await post(ALICE);
    const patch = (body: string, headers: Record<string, string> = {}) =>
      fetch(origin + response.headers.get('location'), {
        method: 'PATCH',
        headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...headers },
        body,
      });
    const candidate = 'candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host';
    const fragment = (ufrag: string): string => `a=ice-ufrag:${ufrag}\r\na=ice-pwd:x\r\na=mid:0\r\na=${candidate}\r\n`;
    assert.equal((await patch(fragment('bb22aea8'), { 'if-match': response.headers.get('etag')! })).status, 204);
    assert.deepEqual(peers.at(-1)!.candidates, [candidate]);
    await assertProblem(await patch(fragment('bb22aea8'), { 'if-match': '"other"' }), 412);
    await assertProblem(await patch(fragment('newufrag'), { 'if-match': '*' }), 422);
    await assertProblem(await patch('nonsense'), 400);
    await assertProblem(await patch(fragment('bb22aea8'), { 'content-type': 'application/sdp' }), 415);
    await end(response);
  });

  const refusals: readonly [name: string, path: string, options: PostOptions, status: number][] = [
    ['an unknown app', '/whip/77/10001/alice', {}, 404],
    ['an app that is no number', '/whip/x/10001/alice', {}, 400],
    ['numeric room 0', `/whip/${SDK_APP_ID}/0/alice`, {}, 400],
    ['a numeric room with a leading zero', `/whip/${SDK_APP_ID}/007/alice`, {}, 400],
    ['a numeric room over the limit', `/whip/${SDK_APP_ID}/4294967295/alice`, {}, 400],
    ['letters as a numeric room', `/whip/${SDK_APP_ID}/abc/alice?room_type=number`, {}, 400],
    ['the id of a bot of ours', `/whip/${SDK_APP_ID}/10001/roomtape.single.1`, {}, 400],
    ['a room of 65 bytes', `/whip/${SDK_APP_ID}/${'r'.repeat(65)}/alice`, {}, 400],
    ['a room with a line break', `/whip/${SDK_APP_ID}/a%0Ab/alice`, {}, 400],
    ['a room that is not UTF-8', `/whip/${SDK_APP_ID}/%ff%fe/alice`, {}, 400],
    ['a user of 65 bytes', `/whip/${SDK_APP_ID}/10001/${'u'.repeat(65)}`, {}, 400],
    ['an unknown media', `${ALICE}?media=screen`, {}, 400],
    ['an unknown kind of robot', `${ALICE}?robot=cleaner`, {}, 400],
    ['an unknown room type', `${ALICE}?room_type=text`, {}, 400],
    ['no UserSig', ALICE, { sig: '' }, 401],
    ['a broken UserSig', ALICE, { sig: 'nonsense' }, 401],
    ["another user's UserSig", ALICE, { sig: sigFor('mallory') }, 401],
    ['an expired UserSig', ALICE, { sig: sigFor('alice', Date.now() - 7_200_000) }, 401],
    ['another content type', ALICE, { type: 'application/json', body: '{}' }, 415],
    ['an empty body', ALICE, { body: '' }, 400],
    ['a body that is too large', ALICE, { body: 'v=0\r\n'.repeat(20_000) }, 413],
    ['a body that is no SDP', ALICE, { body: 'hello' }, 400],
    ['an offer to watch', ALICE, { body: offerOf('chromium-watch') }, 422],
    ['codecs we do not take', ALICE, { body: OFFER.replace('H264/', 'H265/').replace('opus/', 'G722/') }, 406],
  ];
  for (const [name, path, options, status] of refusals) {
    test(`refuses ${name} with ${status}`, async () => {
      const before = rooms.stats();
      await assertProblem(await post(path, options), status);
      assert.equal(rooms.stats().sessions, before.sessions);
    });
  }

  test('keeps numeric and string rooms apart, whatever the id', async () => {
    const cases = [
      [`/whip/${SDK_APP_ID}/10001/alice`, roomOf('number', '10001')],
      [`/whip/${SDK_APP_ID}/10001/alice?room_type=string`, roomOf('string', '10001')],
      [`/whip/${SDK_APP_ID}/${encodeURIComponent('会议/1')}/alice`, roomOf('string', '会议/1')],
      [`/whip/${SDK_APP_ID}/${encodeURIComponent('a%2Fb ?&')}/alice`, roomOf('string', 'a%2Fb ?&')],
      [`/whip/${SDK_APP_ID}/${encodeURIComponent('会'.repeat(21))}/alice`, roomOf('string', '会'.repeat(21))],
    ] as const;
    const sessions: Response[] = [];
    for (const [path, room] of cases) {
      const feed = new RecordedFeed(rooms, { room });
      await feed.until(() => feed.events.length === 1);
      sessions.push(await post(path));
      peers.at(-1)!.become('connected');
      await feed.until(() => feed.of('entered').length === 1);
      assert.deepEqual(
        feed.of('entered').map((event) => event.anchor.userId),
        ['alice'],
        path,
      );
      feed.client.close();
    }
    await Promise.all(sessions.map(end));
  });

  test('takes a user id beyond ASCII', async () => {
    const response = await post(`/whip/${SDK_APP_ID}/10001/${encodeURIComponent('张三')}`, { sig: sigFor('张三') });
    assert.equal(response.status, 201);
    await end(response);
  });

  test('tells recorders which anchor is a relay robot, as the session said that it entered with', async () => {
    const feed = new RecordedFeed(rooms, { room: roomOf('number', '10002') });
    await feed.until(() => feed.events.length === 1);
    const sessions: Response[] = [];
    for (const [user, query] of Object.entries({ alice: '', relay: '?robot=relay' })) {
      sessions.push(await post(`/whip/${SDK_APP_ID}/10002/${user}${query}`, { sig: sigFor(user) }));
      peers.at(-1)!.become('connected');
    }
    await feed.until(() => feed.of('entered').length === 2);
    const robots = feed.of('entered').map(({ anchor }) => [anchor.userId, anchor.robot]);
    assert.deepEqual(robots, [
      ['alice', undefined],
      ['relay', 'relay'],
    ]);
    feed.client.close();
    await Promise.all(sessions.map(end));
  });

  test('says 503 when it is full', async () => {
    const taken: Response[] = [];
    for (let index = 0; index < 6; index++) {
      const user = `user${index}`;
      taken.push(await post(`/whip/${SDK_APP_ID}/10001/${user}`, { sig: sigFor(user) }));
    }
    assert.deepEqual(
      taken.map((response) => response.status),
      Array.from({ length: 6 }, () => 201),
    );
    const refused = await post(ALICE);
    assert.equal(refused.headers.get('retry-after'), '5');
    await assertProblem(refused, 503);
    await Promise.all(taken.map(end));
    await end(await post(ALICE));
  });

  test('answers browsers and other methods', async () => {
    const options = await fetch(origin + ALICE, { method: 'OPTIONS' });
    assert.equal(options.status, 204);
    assert.equal(options.headers.get('accept-post'), 'application/sdp');
    assert.match(options.headers.get('access-control-allow-methods')!, /POST/);
    assert.match(options.headers.get('access-control-allow-headers')!, /Authorization/);
    await assertProblem(await fetch(origin + ALICE), 405);
    await assertProblem(await fetch(`${origin}/whip/sessions/x`), 405);
    await assertProblem(await fetch(`${origin}/elsewhere`), 404);
  });
});

describe('WHEP', () => {
  const path = `/whep/${SDK_APP_ID}/10001/alice`;
  const watch = { sig: sigFor('bob'), body: offerOf('chromium-watch') };

  test('needs the viewer, the UserSig of the viewer, and an anchor', async () => {
    await assertProblem(await post(path, watch), 400);
    await assertProblem(await post(`${path}?viewer=eve`, watch), 401);
    await assertProblem(await post(`${path}?viewer=roomtape.mixed.1`, watch), 400);
    await assertProblem(await post(`${path}?viewer=bob`, watch), 404);
  });

  test('sends what the anchor has, and ends with the anchor', async () => {
    const published = await post(ALICE);
    peers.at(-1)!.become('connected');
    await assertProblem(await post(`${path}?viewer=bob&media=aux`, watch), 404);
    const response = await post(`${path}?viewer=bob`, watch);
    assert.equal(response.status, 201);
    assert.match(response.headers.get('location')!, /^\/whep\/sessions\//);
    assert.match(await response.text(), /a=sendonly/);
    const peer = peers.at(-1)!;
    peer.become('connected');
    assert.equal(rooms.stats().viewers, 1);
    await end(published);
    assert.ok(peer.closed);
    assert.equal(rooms.stats().viewers, 0);
  });
});

describe('WHEP by an administrator’s ticket', () => {
  const room = roomOf('number', '10001');
  const viewerId = watcherId('admin');
  const path = `/whep/${SDK_APP_ID}/10001/alice`;
  const right = { room, userId: 'alice', mediaId: 'main', viewerId } as const;
  const body = offerOf('chromium-watch');
  const watch = (sig: string, query = '') => post(`${path}?viewer=${viewerId}${query}`, { sig, body });

  test('is watching that nobody sees', async () => {
    const { token } = new WatchTickets(TOKEN, systemClock()).issue(right);
    const published = await post(ALICE);
    peers.at(-1)!.become('connected');
    const journal = async () =>
      (await fetch(`${origin}${JOURNAL_PATH}`, { headers: { authorization: `Bearer ${TOKEN}` } })).text();
    const response = await watch(token);
    assert.equal(response.status, 201);
    peers.at(-1)!.become('connected');
    assert.equal(rooms.stats().viewers, 1);
    await end(response);
    await end(published);
    const told = await journal();
    assert.match(told, /"userId":"alice"/);
    assert.doesNotMatch(told, /roomtape\./);
  });

  test('is for one picture, one minute, and not for who has the key of the app', async () => {
    const tickets = new WatchTickets(TOKEN, systemClock());
    const late = new WatchTickets(TOKEN, { wallMs: () => wallMs(Date.now() - 60_000) });
    const { token } = tickets.issue(right);
    const bad = [
      sigFor(viewerId),
      '',
      'x',
      'a.b',
      token.slice(0, -2),
      late.issue(right).token,
      tickets.issue({ ...right, userId: 'bob' }).token,
      tickets.issue({ ...right, mediaId: 'aux' }).token,
      tickets.issue({ ...right, room: roomOf('string', '10001') }).token,
      tickets.issue({ ...right, viewerId: watcherId('vera') }).token,
      new WatchTickets('another token', systemClock()).issue(right).token,
    ];
    for (const sig of bad) await assertProblem(await watch(sig), 401);
    await assertProblem(await post(`${path}?viewer=bob`, { sig: token, body }), 401);
    await assertProblem(await post(`/whip/${SDK_APP_ID}/10001/${viewerId}`, { sig: token }), 400);
    await assertProblem(await watch(token), 404);
  });
});

describe('the internal routes', () => {
  const withToken = { headers: { authorization: `Bearer ${TOKEN}` } };

  test("need the installation's token", async () => {
    for (const route of ['/rooms/v1/rooms', '/rooms/v1/stats']) {
      await assertProblem(await fetch(origin + route), 401);
      await assertProblem(await fetch(origin + route, { headers: { authorization: 'Bearer x' } }), 401);
    }
    assert.equal(await (await fetch(`${origin}/healthz`)).text(), 'ok\n');
  });

  test('list rooms and put people out', async () => {
    const published = await post(`/whip/${SDK_APP_ID}/${encodeURIComponent('会议/1')}/alice`);
    const peer = peers.at(-1)!;
    peer.become('connected');
    peer.rtp(106, 5, 1);
    const list = async (query = '') =>
      ((await (await fetch(`${origin}/rooms/v1/rooms${query}`, withToken)).json()) as { rooms: unknown[] }).rooms;
    const listings = (await list()) as { room: object; anchors: { userId: string; tracks: object[] }[] }[];
    const listing = listings.find(({ anchors }) => anchors.length > 0);
    assert.deepEqual(listing!.room, roomOf('string', '会议/1'));
    assert.deepEqual(
      listing!.anchors.map((anchor) => anchor.userId),
      ['alice'],
    );
    assert.deepEqual(
      listing!.anchors[0]!.tracks.map((track) => ({ ...track, track: 0 })),
      [{ track: 0, mediaId: 'main', media: 'video', codec: 'h264' }],
    );
    assert.deepEqual(await list('?sdk_app_id=77'), []);
    const user = `${origin}/rooms/v1/rooms/${SDK_APP_ID}/string/${encodeURIComponent('会议/1')}/users/alice`;
    assert.equal((await fetch(user, { ...withToken, method: 'DELETE' })).status, 204);
    assert.ok(peer.closed);
    await assertProblem(await fetch(user, { ...withToken, method: 'DELETE' }), 404);
    await assertProblem(await fetch(origin + published.headers.get('location'), { method: 'DELETE' }), 404);
  });
});

describe('the feed', () => {
  test('refuses a wrong token, path or protocol', async () => {
    const feed = (path: string, protocol: string, token: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(rooms.port, '127.0.0.1');
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('close', () => resolve(text.split('\r\n')[0]!));
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
        );
      });
    assert.equal(await feed('/rooms/v1/feed', 'roomtape-feed', 'x'), 'HTTP/1.1 401 Unauthorized');
    assert.equal(await feed('/rooms/v1/feed', 'websocket', TOKEN), 'HTTP/1.1 400 Bad Request');
    assert.equal(await feed('/whip/x', 'roomtape-feed', TOKEN), 'HTTP/1.1 404 Not Found');
  });

  test('says why it ends', async () => {
    const room = roomOf('number', '5');
    const first = new RecordedFeed(rooms, { room });
    await first.until(() => first.events.length === 1);
    const same = new RecordedFeed(rooms, { room });
    await first.until(() => first.closedBy !== undefined);
    assert.equal(first.closedBy, 'superseded');
    assert.deepEqual(first.kinds(), ['joined']);
    const other = new RecordedFeed(rooms, { room, taskId: 'another' });
    await same.until(() => same.closedBy !== undefined);
    assert.deepEqual(
      same.of('ejected').map((event) => event.reason),
      ['replaced'],
    );
    await other.until(() => other.events.length === 1);
    other.client.close();
    other.client.close();
    assert.equal(other.closedBy, 'closed');
    const odd = new RecordedFeed(rooms, { room: { sdkAppId: -1, kind: 'number', roomId: '' } });
    await odd.until(() => odd.closedBy !== undefined);
    assert.equal(odd.closedBy, 'unknown request');
  });

  test('of a recorder that closed leaves the room at once', async () => {
    const room = roomOf('number', '6');
    const feed = new RecordedFeed(rooms, { room });
    await feed.until(() => feed.events.length === 1);
    feed.client.close();
    while (rooms.stats().feeds.connections > 0) await sleep(5);
    assert.equal(rooms.stats().rooms, 0);
  });

  test('tells a client that cannot connect', async () => {
    const nowhere = new RecordedFeed({ ...rooms, port: 1 }, { room: roomOf('number', '5') });
    await nowhere.until(() => nowhere.closedBy !== undefined);
    assert.match(nowhere.closedBy!, /ECONNREFUSED/);
    assert.ok(nowhere.client.closed);
  });
});
