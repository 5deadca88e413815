import assert from 'node:assert/strict';
import { FakeClock } from '../../src/clock.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import { parseRtcp } from '../../src/rtp/rtcp-packet.ts';
import { createSenderSession } from '../../src/rtp/sender.ts';
import { rtpTicks } from '../../src/units.ts';
import { fuzz } from '../kit/corpus.ts';
import { modelExtensions, modelMedia } from '../rtp/model-sender.ts';

const video = { mid: '1', media: 'video', codec: 'h264', clockRate: 90_000, payloadType: 102 } as const;

/** A viewer's session that has sent 50 packets of 1000 bytes; what it sends from then on is counted. */
function sendingSession(clock: FakeClock) {
  const out = { bytes: 0, asked: 0 };
  const session = createSenderSession(
    [{ ...video, ssrc: 2002, rtxPayloadType: 103, rtxSsrc: 2003 }],
    {
      sendRtp: (bytes) => (out.bytes += bytes.length),
      sendRtcp: () => {},
      onKeyFrameWanted: () => (out.asked += 1),
    },
    { random: () => 0 },
  );
  for (let seq = 1; seq <= 50; seq++) {
    const payload = new Uint8Array(1000).fill(seq === 1 ? 0x65 : 0x41);
    const packet = { ssrc: 5, seq, timestamp: rtpTicks(seq), marker: true, level: 255, payload };
    session.forward(0, { ...packet, arrivalUs: clock.wallUs() }, clock.monoUs());
  }
  out.bytes = 0;
  return { session, out };
}

fuzz({
  corpus: 'rtcp',
  usual: 4000,
  most: 2048,
  take: (input) => {
    const clock = new FakeClock();
    const { session, out } = sendingSession(clock);
    session.receive(input, clock.monoUs());
    clock.advance(1000);
    session.tick(clock.monoUs());
    assert.ok(out.bytes <= 50 * 1100 && out.asked <= 1, JSON.stringify(out));
    const receiver = createReceiverSession(modelMedia, modelExtensions, {
      onPacket: () => assert.fail('RTCP is no media'),
      onSenderReport: (report) => assert.ok(Number.isSafeInteger(report.ntpUs)),
      onBye: () => {},
      sendRtcp: () => {},
    });
    // A second byte outside of RTCP's range makes it RTP (RFC 5761 §4); of a stream that is not there it is dropped.
    if ((input[1] ?? 0) >= 192 && (input[1] ?? 0) <= 223) receiver.receive(input, clock.wallUs(), clock.monoUs());
    const packets = parseRtcp(input);
    for (const packet of packets ?? [])
      if (packet.type === 'nack') assert.ok(packet.lost.length <= 1024 && packet.lost.every((seq) => seq < 65_536));
    const resent = out.bytes > 0 ? ' resent' : '';
    return packets === undefined ? 'malformed' : `${[...new Set(packets.map(({ type }) => type))].join(' ')}${resent}`;
  },
  reaches: ['malformed', 'nack resent', 'pli', 'fir', 'bye', 'receiver-report', 'sender-report'],
});
