import assert from 'node:assert/strict';
import { FakeClock } from '../../src/clock.ts';
import { createReceiverSession } from '../../src/rtp/receiver.ts';
import type { ReceivedPacket } from '../../src/rtp/session.ts';
import { fuzz } from '../kit/corpus.ts';
import { modelExtensions, modelMedia } from '../rtp/model-sender.ts';
import { splitDatagrams } from './datagrams.ts';

/** RED may bring as many older packets as its block headers fit into a datagram, but never more bytes than came. */
function assertPacket({ seq, payload, timestamp, level }: ReceivedPacket, newest: Buffer): void {
  assert.ok(Number.isSafeInteger(seq) && seq > 0);
  assert.ok(payload.length <= newest.length);
  assert.ok(timestamp >= 0 && timestamp < 2 ** 32 && level >= 0 && level <= 255);
}

fuzz({
  corpus: 'rtp',
  usual: 1500,
  most: 8192,
  take: (input) => {
    const clock = new FakeClock();
    let newest = input;
    let answered = 0;
    const session = createReceiverSession(modelMedia, modelExtensions, {
      onPacket: (packet) => assertPacket(packet, newest),
      onSenderReport: (report) => assert.ok(Number.isSafeInteger(report.ntpUs)),
      onBye: (media) => assert.ok(modelMedia[media]),
      sendRtcp: (bytes) => {
        assert.ok(bytes.length <= 1200);
        answered += bytes.length;
      },
    });
    const datagrams = splitDatagrams(input);
    for (const datagram of datagrams) {
      newest = datagram;
      session.receive(datagram, clock.wallUs(), clock.monoUs());
      clock.advance(10);
      session.tick(clock.monoUs());
    }
    // What comes back must not be worth forging: NACKs, feedback and reports of some hundred bytes a tick at most.
    assert.ok(answered <= 2400 * (datagrams.length + 1), `${answered} bytes for ${datagrams.length} datagrams`);
    const { stats } = session;
    const seen = (['malformed', 'unknownStream', 'duplicates', 'nacksSent', 'recoveredByRtx', 'restarts'] as const)
      .concat()
      .filter((name) => stats[name] > 0);
    return seen.join(' ') || 'plain';
  },
  reaches: ['malformed', 'unknownStream', 'nacksSent'],
});
