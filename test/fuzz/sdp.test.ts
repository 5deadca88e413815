import assert from 'node:assert/strict';
import { negotiatePublish, negotiateWatch } from '../../src/rooms/negotiation.ts';
import { writeAnswer } from '../../src/rooms/sdp-answer.ts';
import { MAX_SDP_BYTES, parseSdp, SdpError } from '../../src/rooms/sdp-document.ts';
import { readOffer } from '../../src/rooms/sdp-offer.ts';
import type { LocalTransport } from '../../src/rooms/transport.ts';
import { readTrickle } from '../../src/rooms/trickle.ts';
import { fuzz } from '../kit/corpus.ts';

const local: LocalTransport = {
  ufrag: 'Ab12',
  pwd: 'abcdefghijklmnopqrstuv',
  fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
  setup: 'passive',
  candidates: ['candidate:1 1 udp 2130706431 198.51.100.1 40000 typ host'],
};

function statusOf(work: () => void): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
    assert.ok(error.message.length < 1000);
    return String(error.status);
  }
}

fuzz({
  corpus: 'sdp',
  usual: 3000,
  most: 40_000,
  words: [
    '\r\n',
    'a=',
    'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
    'a=mid:0\r\n',
    'a=candidate:1 1 udp 1 ::1 9 typ host\r\n',
  ],
  take: (input) => {
    const text = input.toString();
    const trickle = statusOf(() => assert.ok(readTrickle(text).candidates.length <= text.length / 20));
    const answer = (watching: boolean): string =>
      statusOf(() => {
        const offer = readOffer(text);
        const negotiation = watching ? negotiateWatch(offer, { audio: true, video: 'h264' }) : negotiatePublish(offer);
        const answer = writeAnswer({ offer, negotiation, local, sessionNumber: '7' });
        assert.equal(parseSdp(answer).media.length, offer.media.length);
        assert.ok(answer.length < MAX_SDP_BYTES);
      });
    return [answer(false), answer(true), trickle].join(' ');
  },
  reaches: ['ok 406 ok', '406 ok ok', '400 400 ok', '400 400 400', '422 422 ok'],
});
