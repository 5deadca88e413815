import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { FakeClock, systemClock } from '../../src/clock.ts';
import { dataChannelTransports } from '../../src/rooms/datachannel-transport.ts';
import { Intake, type PacketGate } from '../../src/rooms/intake.ts';
import { Problem } from '../../src/rooms/problem.ts';
import { readOffer } from '../../src/rooms/sdp-offer.ts';
import { SessionTable, type ClientSession } from '../../src/rooms/session-table.ts';
import { createSenderSession } from '../../src/rtp/sender.ts';
import { buildBye, buildNack, buildPli } from '../../src/rtp/rtcp-build.ts';
import { rtpTicks, type MonoUs } from '../../src/units.ts';
import { fakeTransports } from './fake-peer.ts';
import { H264, roomSetting, TestBot } from './room-setting.ts';
import { SDK_APP_ID, sigFor, startTestRooms } from './rooms-fixture.ts';

const OFFER = readFileSync(new URL('offers/ffmpeg.sdp', import.meta.url), 'utf8');

const sessionOf = (sdkAppId: number, userId: string, sessionId: string): ClientSession & { closed: boolean } => ({
  sessionId,
  kind: 'whip',
  owner: { sdkAppId, userId },
  remoteUfrag: 'x',
  closed: false,
  addCandidate: () => true,
  end: () => {},
});

const statusOf = (work: () => void): number => {
  try {
    work();
    return 200;
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.headers['retry-after'], '5');
    return error.status;
  }
};

describe('sessions', () => {
  test('a user, an app and the server have as many as each may, and closed ones make room', () => {
    const clock = new FakeClock();
    const table = new SessionTable({ all: 8, ofUser: 2, ofApp: (app) => (app === 1 ? 3 : undefined) });
    const opened: ReturnType<typeof sessionOf>[] = [];
    const open = (app: number, user: string): number =>
      statusOf(() => {
        const session = sessionOf(app, user, `${opened.length}`);
        table.add(session, clock.monoUs());
        opened.push(session);
      });
    assert.deepEqual([open(1, 'a'), open(1, 'a'), open(1, 'a'), open(1, 'b'), open(1, 'c')], [200, 200, 429, 200, 503]);
    assert.deepEqual([open(2, 'a'), open(2, 'a'), open(2, 'a')], [200, 200, 429]);
    opened[0]!.closed = true;
    assert.deepEqual([open(1, 'a'), open(1, 'c')], [200, 503]);
    assert.deepEqual([open(3, 'a'), open(3, 'b'), open(3, 'c'), open(3, 'd')], [200, 200, 200, 503]);
  });

  test('who opens and closes in a loop is slowed down, alone', () => {
    const clock = new FakeClock();
    const table = new SessionTable({ all: 10, ofUser: 5, ofApp: () => undefined });
    let made = 0;
    const openAndClose = (user: string): number =>
      statusOf(() => {
        const session = sessionOf(1, user, `${++made}`);
        table.add(session, clock.monoUs());
        session.closed = true;
      });
    const statuses = Array.from({ length: 150 }, () => openAndClose('mallory'));
    assert.deepEqual([statuses.filter((one) => one === 200).length, statuses.at(-1)], [100, 429]);
    assert.equal(openAndClose('alice'), 200);
    clock.advance(1000);
    assert.deepEqual(
      Array.from({ length: 6 }, () => openAndClose('mallory')),
      [200, 200, 200, 200, 200, 429],
    );
  });

  test('over HTTP: one UserSig opens no more than one user may', async () => {
    const clock = systemClock();
    const { factory } = fakeTransports(clock);
    const rooms = await startTestRooms({ clock, transports: factory, maxSessionsOfUser: 3 });
    const post = async (room: number): Promise<number> => {
      const url = `http://127.0.0.1:${rooms.port}/whip/${SDK_APP_ID}/${room}/alice`;
      const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${sigFor('alice')}` };
      const answer = await fetch(url, { method: 'POST', headers, body: OFFER });
      await answer.text();
      return answer.status;
    };
    const statuses = [];
    for (let room = 1; room <= 5; room++) statuses.push(await post(room));
    assert.deepEqual(statuses, [201, 201, 201, 429, 429]);
    // For the same picture of the same room the new one takes the place of the one that has not connected.
    assert.equal(rooms.stats().sessions, 3);
    await rooms.close();
  });
});

test('a session takes so many candidates and no more, over all of its fragments', async () => {
  const { transport } = readOffer(OFFER);
  const peer = await dataChannelTransports({ clock: systemClock() })(transport, {
    onPacket: () => {},
    onState: () => {},
  });
  const taken = Array.from({ length: 300 }, (_, index) =>
    peer.addCandidate(`candidate:${index} 1 udp 2122260223 127.0.0.1 ${20_000 + index} typ host`),
  );
  peer.close();
  const count = taken.filter(Boolean).length;
  assert.ok(count > 0 && count <= 64, `${count}`);
});

describe('packets', () => {
  test('more packets or bits than the limit are dropped and counted, and the rest comes through', () => {
    const intake = new Intake({ packetsPerSecond: 100, bitsPerSecond: 80_000 });
    const flood = (bytes: number, perSecond: number, gate: PacketGate): number => {
      let passed = 0;
      for (let i = 0; i < 10 * perSecond; i++) if (gate.passes(bytes, ((i * 1e6) / perSecond) as MonoUs)) passed += 1;
      return passed;
    };
    assert.equal(flood(20, 90, intake.gate()), 900);
    assert.deepEqual(intake.stats(), { packets: 0, bytes: 0 });
    // Ten seconds at the limit, and two seconds of burst.
    const many = flood(20, 10_000, intake.gate());
    assert.ok(many >= 1198 && many <= 1201, `${many}`);
    const large = flood(1000, 1000, intake.gate());
    assert.ok(large >= 119 && large <= 121, `${large}`);
    assert.deepEqual(intake.stats().packets, 110_000 - many - large);
  });

  test('a flood of one anchor does not reach the recorders whole, and is told of once in a while', async () => {
    const { clock, room, publish } = roomSetting();
    const bot = new TestBot(room);
    const { publisher, peer } = await publish('mallory');
    peer.become('connected');
    for (let i = 0; i < 60_000; i++) peer.rtp(H264, 22, i & 0xffff);
    assert.equal(bot.packets.length, 20_000);
    assert.equal(publisher.stats().packets, 20_000);
    assert.equal(publisher.droppedAsTooMany(clock.monoUs()), 40_000);
    for (let i = 0; i < 30_000; i++) peer.rtp(H264, 22, i & 0xffff);
    assert.equal(publisher.droppedAsTooMany(clock.monoUs()), 0);
  });

  test('new SSRCs begin tracks no faster than a sender could mean it, BYE between them or not', async () => {
    const { clock, room, publish } = roomSetting();
    const bot = new TestBot(room);
    const { peer } = await publish('mallory');
    peer.become('connected');
    for (let i = 0; i < 5000; i++) {
      clock.advance(1);
      peer.rtp(H264, 1000 + i, 1);
      peer.raw(buildBye([1000 + i]));
    }
    const started = bot.events.filter((event) => event.kind === 'started').length;
    assert.ok(started >= 64 && started <= 64 + 5 * 5 + 1, `${started}`);
  });
});

describe('viewers', () => {
  /** A viewer's session fed with `packets` video packets a second, and what it does to the source and the network. */
  function viewer() {
    const clock = new FakeClock();
    const out = { sent: 0, asked: 0 };
    const video = { mid: '0', media: 'video', codec: 'h264', clockRate: 90_000, payloadType: 96, ssrc: 1 } as const;
    const sent: number[] = [];
    const session = createSenderSession(
      [video],
      {
        sendRtp: (bytes) => {
          out.sent += bytes.length;
          sent.push((bytes[2]! << 8) | bytes[3]!);
        },
        sendRtcp: () => {},
        onKeyFrameWanted: () => (out.asked += 1),
      },
      { random: () => 0 },
    );
    let seq = 65_536;
    const feed = (key: boolean): void => {
      const payload = new Uint8Array(1000).fill(key ? 0x65 : 0x41);
      const arrivalUs = clock.wallUs();
      const packet = { ssrc: 5, seq: seq++, timestamp: rtpTicks(0), marker: true, level: 255, arrivalUs, payload };
      session.forward(0, packet, clock.monoUs());
    };
    return { clock, out, sent, session, feed };
  }

  test('a storm of PLI makes the anchor send a key frame a second, not four', () => {
    const { clock, out, session, feed } = viewer();
    for (let tick = 0; tick < 6000; tick++) {
      clock.advance(10);
      const before = out.asked;
      session.receive(buildPli(9, 1), clock.monoUs());
      session.tick(clock.monoUs());
      feed(out.asked > before);
    }
    assert.ok(out.asked > 30 && out.asked <= 60 + 10 + 1, `${out.asked} in a minute`);
  });

  test('a NACK of everything, over and over, gets no more than was sent once', () => {
    const { clock, out, sent, session, feed } = viewer();
    let originals = 0;
    for (let tick = 0; tick < 3000; tick++) {
      clock.advance(10);
      const before = out.sent;
      feed(tick === 0);
      originals += out.sent - before;
      session.receive(
        buildNack(
          9,
          1,
          [...new Set(sent.slice(-200))].toSorted((a, b) => a - b),
        ),
        clock.monoUs(),
      );
      sent.splice(0, Math.max(0, sent.length - 200));
    }
    const again = out.sent - originals;
    assert.ok(again > originals / 2 && again <= originals + 100_000 + 2000, `${again} beside ${originals}`);
    assert.ok(session.stats().resendsRefused > 1000);
  });
});
