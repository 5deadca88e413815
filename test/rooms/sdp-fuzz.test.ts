import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { negotiatePublish, negotiateWatch, type Negotiation } from '../../src/rooms/negotiation.ts';
import { writeAnswer } from '../../src/rooms/sdp-answer.ts';
import { MAX_SDP_BYTES, parseSdp, SdpError } from '../../src/rooms/sdp-document.ts';
import { readOffer, type Offer } from '../../src/rooms/sdp-offer.ts';
import type { LocalTransport } from '../../src/rooms/transport.ts';
import { readTrickle } from '../../src/rooms/trickle.ts';
import { Dice, fuzzRounds, spliced, textMutations, withoutGrowth } from '../kit/fuzz.ts';

const folder = new URL('offers/', import.meta.url);
const offers = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));

const local: LocalTransport = {
  ufrag: 'Ab12',
  pwd: 'abcdefghijklmnopqrstuv',
  fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
  setup: 'passive',
  candidates: ['candidate:1 1 udp 2130706431 198.51.100.1 40000 typ host'],
};

const words = [
  '',
  '0',
  '-1',
  '127',
  '65536',
  '4294967296',
  '9'.repeat(400),
  'x'.repeat(3000),
  '__proto__',
  'constructor',
  '*',
  ';=;=',
  '\u0000',
  '🙂',
] as const;
const lines = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'm=audio 0 UDP/TLS/RTP/SAVPF 111',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=group:BUNDLE 0 0 1 __proto__',
  'a=mid:0',
  'a=setup:holdconn',
  'a=rtpmap:96 H264/90000',
  'a=rtpmap:96 VP8/0',
  'a=fmtp:96 profile-level-id=zzzzzz;packetization-mode=9',
  'a=fmtp:97 apt=97',
  'a=fmtp:111 111/111/111',
  'a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=simulcast:send 0,1;~2;;',
  `a=candidate:1 1 udp 1 ${'1'.repeat(2000)} 1 typ host`,
] as const;

type Mutation = (text: string, dice: Dice) => string;

const ofLines =
  (change: (lines: string[], at: number, dice: Dice) => void): Mutation =>
  (text, dice) => {
    const split = text.split('\r\n');
    change(split, dice.below(split.length), dice);
    return split.join('\r\n');
  };

/** Those that know lines are more often tried, since most changes of bytes end at the first check. */
const mutations: readonly Mutation[] = [
  ofLines((all, at) => void all.splice(at, 1)),
  ofLines((all, at, dice) => void all.splice(at, 0, all[dice.below(all.length)]!)),
  ofLines((all, at, dice) => void all.splice(at, 0, dice.pick(lines))),
  ofLines((all, at, dice) => void ([all[at], all[0]] = [all[dice.below(all.length)]!, all[0]!])),
  ofLines((all, at, dice) => {
    const parts = all[at]!.split(/(?<=[ :/=;,])/);
    parts[dice.below(parts.length)] = dice.pick(words);
    all[at] = parts.join('');
  }),
  ofLines((all, at, dice) => {
    const digit = /\d+/.exec(all[at]!);
    if (digit) all[at] = spliced(all[at]!, digit.index, digit[0].length, String(dice.below(200)));
  }),
  ofLines((all, at, dice) => {
    if (dice.chance(0.05)) all.splice(at, 0, ...Array.from({ length: dice.pick([40, 3000]) }, () => all[at]!));
  }),
];

function mutated(dice: Dice): string {
  let text = dice.pick(offers).replaceAll(/\r?\n/g, '\r\n');
  for (let left = 1 + dice.below(3); left > 0; left--) {
    text = dice.pick(dice.chance(0.85) ? mutations : textMutations)(text, dice);
  }
  return text;
}

/** What `take` gives, or undefined when it refuses; anything thrown but an SdpError is a fault. */
function unlessRefused<Value>(take: () => Value, statuses: Map<number, number>): Value | undefined {
  try {
    return take();
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
    assert.ok(error.message.length < 1000, error.message);
    statuses.set(error.status, (statuses.get(error.status) ?? 0) + 1);
    return undefined;
  }
}

/** An answer is SDP, has as many m-lines as the offer, and is no larger than what can be made of it. */
function assertAnswer(offer: Offer, negotiation: Negotiation): void {
  const answer = writeAnswer({ offer, negotiation, local, sessionNumber: '7' });
  assert.equal(parseSdp(answer).media.length, offer.media.length);
  assert.ok(answer.length < MAX_SDP_BYTES);
}

test('mutated offers are refused with a status or answered with SDP, and nothing is kept', async () => {
  const dice = new Dice(8866);
  const statuses = new Map<number, number>();
  const rounds = fuzzRounds(6000);
  let answered = 0;
  await withoutGrowth(rounds, () => {
    const text = mutated(dice);
    unlessRefused(() => readTrickle(text), statuses);
    const offer = unlessRefused(() => readOffer(text), statuses);
    if (!offer) return;
    const ways = [
      () => negotiatePublish(offer),
      () => negotiateWatch(offer, { audio: true, video: dice.pick(['h264', 'vp8'] as const) }),
    ];
    for (const way of ways) {
      const negotiation = unlessRefused(way, statuses);
      if (negotiation) assertAnswer(offer, negotiation);
      if (negotiation) answered += 1;
    }
  });
  // The mutations must reach the answer and every refusal, or this test proves nothing.
  for (const status of [400, 406, 422]) assert.ok((statuses.get(status) ?? 0) > rounds / 1000, `${status}`);
  assert.ok(answered > rounds / 4, `${answered} of ${rounds} answered`);
});
