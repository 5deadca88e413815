import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  decodeControl,
  encodeControl,
  encodeFrame,
  encodeGoodbye,
  FrameReader,
  frameType,
  keepAliveFrame,
  type FrameType,
} from '../../src/feed/frames.ts';
import type { FeedPacket } from '../../src/feed/messages.ts';
import { BATCH_BYTES, decodePackets, PacketBatch, PACKET_HEADER_BYTES } from '../../src/feed/packet-batch.ts';
import { rtpTicks, wallUs } from '../../src/units.ts';

interface Frame {
  type: FrameType;
  body: Buffer;
}

function readInPieces(stream: Buffer, pieceBytes: () => number): { frames: Frame[]; fault: string | undefined } {
  const frames: Frame[] = [];
  const reader = new FrameReader((type, body) => frames.push({ type, body: Buffer.from(body) }));
  for (let at = 0; at < stream.length;) {
    const end = at + pieceBytes();
    if (!reader.push(stream.subarray(at, end))) break;
    at = end;
  }
  return { frames, fault: reader.fault };
}

/** Deterministic numbers 0 ≤ x < 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function packetOf(random: () => number, bytes: number): FeedPacket {
  const word = (): number => Math.floor(random() * 2 ** 32);
  return {
    track: word(),
    seq: word(),
    timestamp: rtpTicks(word()),
    marker: random() < 0.5,
    level: Math.floor(random() * 256),
    arrivalUs: wallUs(1_700_000_000_000_000 + Math.floor(random() * 2 ** 40)),
    payload: Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256))),
  };
}

describe('frames', () => {
  const message = { kind: 'left', userId: '张三' };
  const stream = Buffer.concat([
    encodeControl(message),
    keepAliveFrame(),
    encodeFrame(frameType.packets, Buffer.alloc(100_000, 7)),
    encodeGoodbye('superseded'),
  ]);

  for (const [name, pieceBytes] of [
    ['whole', () => stream.length],
    ['byte by byte', () => 1],
    ['in pieces of 1000', () => 1000],
  ] as const) {
    test(`come out ${name}`, () => {
      const { frames, fault } = readInPieces(stream, pieceBytes);
      assert.equal(fault, undefined);
      assert.deepEqual(
        frames.map((frame) => frame.type),
        [1, 3, 2, 4],
      );
      assert.deepEqual(decodeControl(frames[0]!.body), message);
      assert.equal(frames[2]!.body.length, 100_000);
      assert.equal(frames[3]!.body.toString(), 'superseded');
    });
  }

  test('over their limit are refused before their body is kept', () => {
    const header = Buffer.from([0xff, 0xff, 0xff, 0x7f, frameType.control]);
    const { frames, fault } = readInPieces(Buffer.concat([header, Buffer.alloc(64)]), () => 8);
    assert.deepEqual(frames, []);
    assert.match(fault!, /frame of 2147483647 bytes/);
    assert.throws(() => encodeFrame(frameType.control, Buffer.alloc((1 << 20) + 1)), RangeError);
  });

  test('of an unknown type end the stream', () => {
    const { frames, fault } = readInPieces(Buffer.concat([keepAliveFrame(), Buffer.from([0, 0, 0, 0, 9])]), () => 10);
    assert.equal(frames.length, 1);
    assert.equal(fault, 'unknown frame type 9');
  });

  test('with text that is no message decode to nothing', () => {
    for (const text of ['', '[]', '"x"', 'null', '{"kind":3}', '{"no":"kind"}', '{"kind":"jo']) {
      assert.equal(decodeControl(Buffer.from(text)), undefined, text);
    }
  });
});

describe('packet batches', () => {
  const batchOf = (packets: readonly FeedPacket[]): Buffer => {
    const batch = new PacketBatch();
    for (const packet of packets) assert.ok(batch.append(packet.track, packet));
    return batch.take()!.subarray(5);
  };

  test('bring every field back', () => {
    const random = seeded(1);
    const packets = [0, 1, 1200, 3000].map((bytes) => packetOf(random, bytes));
    const out: FeedPacket[] = [];
    assert.ok(decodePackets(batchOf(packets), (packet) => out.push(packet)));
    assert.deepEqual(out, packets);
  });

  test('say when they are full, and are empty once taken', () => {
    const batch = new PacketBatch();
    const packet = packetOf(seeded(2), 1200);
    let taken = 0;
    while (batch.append(1, packet)) taken++;
    assert.equal(taken, Math.floor((BATCH_BYTES + PACKET_HEADER_BYTES) / (1200 + PACKET_HEADER_BYTES)));
    assert.equal(batch.take()!.length, 5 + taken * (1200 + PACKET_HEADER_BYTES));
    assert.equal(batch.take(), undefined);
    assert.ok(batch.append(1, { ...packet, payload: Buffer.alloc(65535) }), 'the largest payload fits an empty batch');
    assert.equal(batch.append(1, { ...packet, payload: Buffer.alloc(65536) }), false);
  });

  test('cut off anywhere hand out the packets before the cut and say so', () => {
    const random = seeded(3);
    const body = batchOf([packetOf(random, 10), packetOf(random, 20), packetOf(random, 30)]);
    const ends = [34, 34 + 44, 34 + 44 + 54];
    for (let length = 1; length < body.length; length++) {
      let count = 0;
      const whole = decodePackets(body.subarray(0, length), () => count++);
      assert.equal(count, ends.filter((end) => end <= length).length, `cut at ${length}`);
      assert.equal(whole, ends.includes(length), `cut at ${length}`);
    }
  });

  test('of hostile bytes neither throw nor hand out what is not there', () => {
    const random = seeded(4);
    for (let round = 0; round < 20_000; round++) {
      const body = Buffer.from(Array.from({ length: Math.floor(random() * 80) }, () => Math.floor(random() * 256)));
      let bytes = 0;
      decodePackets(body, (packet) => (bytes += PACKET_HEADER_BYTES + packet.payload.length));
      assert.ok(bytes <= body.length);
    }
  });

  test('of hostile streams end in a fault or wait for more', () => {
    const random = seeded(5);
    for (let round = 0; round < 5000; round++) {
      const bytes = Buffer.from(Array.from({ length: 60 }, () => Math.floor(random() * 256)));
      bytes.writeUInt32LE(Math.floor(random() * 40), 0);
      bytes[4] = Math.floor(random() * 6);
      const { frames } = readInPieces(bytes, () => 1 + Math.floor(random() * 20));
      assert.ok(frames.length <= 12);
    }
  });
});
