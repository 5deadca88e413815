import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { h264AnswerParameters, h264Rank } from '../../src/rooms/h264-profile.ts';
import { announcedCandidates, isUsableCandidate } from '../../src/rooms/ice-candidates.ts';
import { negotiatePublish, negotiateWatch, type Negotiation } from '../../src/rooms/negotiation.ts';
import { writeAnswer } from '../../src/rooms/sdp-answer.ts';
import { MAX_SDP_BYTES, parseSdp, SdpError } from '../../src/rooms/sdp-document.ts';
import { readOffer } from '../../src/rooms/sdp-offer.ts';
import { readTransportAnswer, transportOffer } from '../../src/rooms/transport-sdp.ts';
import type { LocalTransport } from '../../src/rooms/transport.ts';
import { readTrickle } from '../../src/rooms/trickle.ts';

const offerOf = (name: string): string => readFileSync(new URL(`offers/${name}.sdp`, import.meta.url), 'utf8');

const local: LocalTransport = {
  ufrag: 'Ab12',
  pwd: 'abcdefghijklmnopqrstuv',
  fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
  setup: 'passive',
  candidates: ['candidate:1 1 udp 2130706431 198.51.100.1 40000 typ host'],
};

const answerTo = (text: string): { negotiation: Negotiation; answer: string; sections: string[] } => {
  const offer = readOffer(text);
  const negotiation = negotiatePublish(offer);
  const answer = writeAnswer({ offer, negotiation, local, sessionNumber: '7' });
  return { negotiation, answer, sections: answer.split(/(?=^m=)/m) };
};

const refusal = (text: string): SdpError => {
  try {
    negotiatePublish(readOffer(text));
  } catch (error) {
    assert.ok(error instanceof SdpError, String(error));
    return error;
  }
  throw assert.fail('the offer was taken');
};

describe('the answer to a publisher', () => {
  test('that is Chromium takes RED before Opus and constrained baseline H.264 with RTX', () => {
    const { negotiation, answer, sections } = answerTo(offerOf('chromium-publish'));
    assert.deepEqual(negotiation.media, [
      {
        mid: '0',
        media: 'audio',
        codec: 'opus',
        clockRate: 48000,
        payloadType: 111,
        redPayloadType: 63,
        nack: false,
        pli: false,
      },
      {
        mid: '1',
        media: 'video',
        codec: 'h264',
        clockRate: 90000,
        payloadType: 108,
        rtxPayloadType: 109,
        nack: true,
        pli: true,
      },
    ]);
    assert.deepEqual(negotiation.extensions, { audioLevel: 1, transportWideCc: 3, mid: 4, rid: 10, repairedRid: 11 });
    assert.match(sections[1]!, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 63 111\r$/m);
    assert.match(sections[1]!, /^a=fmtp:63 111\/111\r$/m);
    assert.match(sections[2]!, /^m=video 9 UDP\/TLS\/RTP\/SAVPF 108 109\r$/m);
    assert.match(
      sections[2]!,
      /^a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034;x-google-start-bitrate=1200\r$/m,
    );
    for (const feedback of ['transport-cc', 'ccm fir', 'nack', 'nack pli']) {
      assert.ok(sections[2]!.includes(`a=rtcp-fb:108 ${feedback}\r\n`), feedback);
    }
    assert.ok(!answer.includes('goog-remb') && !answer.includes('abs-send-time'));
    assert.match(answer, /^a=group:BUNDLE 0 1\r$/m);
    assert.equal(answer.match(/^a=setup:passive\r$/gm)?.length, 2);
    assert.equal(answer.match(/^a=recvonly\r$/gm)?.length, 2);
    assert.equal(answer.match(/^a=candidate:/gm)?.length, 1, 'candidates in the first m-line alone');
    assert.equal(parseSdp(answer).media.length, 2, 'the answer is SDP itself');
  });

  test('that is Chromium with simulcast takes every layer', () => {
    const { sections } = answerTo(offerOf('chromium-simulcast'));
    assert.match(sections[2]!, /^a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r$/m);
  });

  test('that is FFmpeg takes what it has and lets it be the DTLS server', () => {
    const offer = readOffer(offerOf('ffmpeg'));
    assert.equal(offer.transport.setup, 'passive');
    assert.match(transportOffer(offer.transport), /^a=setup:passive\r$/m);
    const { negotiation } = answerTo(offerOf('ffmpeg'));
    assert.deepEqual(negotiation.media, [
      { mid: '0', media: 'audio', codec: 'opus', clockRate: 48000, payloadType: 111, nack: false, pli: false },
      {
        mid: '1',
        media: 'video',
        codec: 'h264',
        clockRate: 90000,
        payloadType: 106,
        rtxPayloadType: 105,
        nack: true,
        pli: false,
      },
    ]);
    assert.deepEqual(negotiation.extensions, {});
  });

  test('that is OBS finds fingerprint and candidates where it puts them', () => {
    const { transport } = readOffer(offerOf('obs'));
    assert.equal(transport.fingerprint.value.slice(0, 11), '74:21:3D:7A');
    assert.deepEqual(transport.candidates, [
      'candidate:2 1 UDP 2116026111 2001:db8::7 57476 typ host',
      'candidate:1 1 UDP 2114977791 198.51.100.7 57476 typ host',
    ]);
    const { negotiation } = answerTo(offerOf('obs'));
    assert.deepEqual(
      negotiation.media.map((media) => media.codec),
      ['opus', 'h264'],
    );
  });

  test('that is GStreamer takes its bundle-only audio with port 0', () => {
    const { negotiation, sections, answer } = answerTo(offerOf('gstreamer'));
    assert.deepEqual(
      negotiation.media.map((media) => [media.mid, media.codec]),
      [
        ['video0', 'h264'],
        ['audio1', 'opus'],
      ],
    );
    assert.match(sections[2]!, /^m=audio 9 /);
    assert.match(answer, /^a=group:BUNDLE video0 audio1\r$/m);
  });

  test('keeps the place of m-lines it refuses', () => {
    const chromium = offerOf('chromium-publish').replaceAll('\r', '');
    const [head, audio, video] = chromium.split(/(?=^m=)/m) as [string, string, string];
    const second = video.replace('a=mid:1', 'a=mid:2');
    const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=mid:3\na=sctp-port:5000\n';
    const off = audio.replace('m=audio 9', 'm=audio 0').replace('a=mid:0', 'a=mid:9');
    const { sections, negotiation } = answerTo(
      [head.replace('BUNDLE 0 1', 'BUNDLE 0 1 2 3'), off, audio, video, second, data].join(''),
    );
    assert.deepEqual(
      sections.slice(1).map((section) => section.split(' ').slice(0, 2).join(' ')),
      ['m=audio 0', 'm=audio 9', 'm=video 9', 'm=video 0', 'm=application 0'],
    );
    assert.deepEqual(
      negotiation.media.map((media) => media.mid),
      ['0', '1'],
    );
    assert.match(sections[0]!, /^a=group:BUNDLE 0 1\r$/m);
    assert.match(sections[2]!, /^a=candidate:/m, 'the first accepted m-line has the candidates');
  });

  test('refuses m-lines that would need another transport, or are not sent', () => {
    const text = offerOf('chromium-publish').replace('BUNDLE 0 1', 'BUNDLE 0');
    assert.deepEqual(
      answerTo(text).negotiation.media.map((media) => media.mid),
      ['0'],
    );
    assert.equal(refusal(offerOf('chromium-watch')).status, 422);
  });

  test('takes VP8 when there is no H.264, and mode 0 rather than VP8', () => {
    const text = offerOf('chromium-publish');
    const videoOf = (offer: string) => answerTo(offer).negotiation.media[1];
    assert.equal(videoOf(text.replaceAll('H264/90000', 'H265/90000'))?.codec, 'vp8');
    assert.equal(videoOf(text.replaceAll('packetization-mode=1', 'packetization-mode=0'))?.payloadType, 108);
    assert.equal(videoOf(text.replaceAll('packetization-mode=1', 'packetization-mode=2'))?.payloadType, 114);
  });

  test('says 406 when only other codecs are offered', () => {
    const text = offerOf('ffmpeg').replace('H264/90000', 'AV1/90000').replace('opus/48000/2', 'G722/8000');
    assert.equal(refusal(text).status, 406);
  });
});

describe('the answer to a viewer', () => {
  test('sends what the anchor sends, with SSRCs and RTX', () => {
    const offer = readOffer(offerOf('chromium-watch'));
    const negotiation = negotiateWatch(offer, { audio: true, video: 'h264' });
    assert.deepEqual(
      negotiation.media.map(({ payloadType, rtxPayloadType, redPayloadType }) => [
        payloadType,
        rtxPayloadType,
        redPayloadType,
      ]),
      [
        [111, undefined, undefined],
        [108, 109, undefined],
      ],
    );
    const stream = { cname: 'roomtape', streamId: 's' };
    const sent = [
      { ...stream, ssrc: 1, rtxSsrc: undefined },
      { ...stream, ssrc: 2, rtxSsrc: 3 },
    ];
    const answer = writeAnswer({ offer, negotiation, local, sessionNumber: '7', sent });
    assert.match(answer, /^a=ssrc-group:FID 2 3\r$/m);
    assert.match(answer, /^a=ssrc:1 cname:roomtape\r$/m);
    assert.equal(answer.match(/^a=sendonly\r$/gm)?.length, 2);
    assert.ok(!answer.includes('transport-cc') && !answer.includes('x-google'));
  });

  test('refuses video the anchor does not send', () => {
    const offer = readOffer(offerOf('chromium-watch'));
    assert.deepEqual(
      negotiateWatch(offer, { audio: true, video: undefined }).media.map((media) => media.media),
      ['audio'],
    );
    assert.throws(() => negotiateWatch(offer, { audio: false, video: undefined }), { status: 406 });
  });
});

describe('an offer that is none', () => {
  const good = offerOf('ffmpeg');
  const cases: readonly [name: string, text: string, status: number][] = [
    ['empty', '', 400],
    ['HTML', '<html></html>', 400],
    ['JSON', '{"sdp":"v=0"}', 400],
    ['with a control character', good.replace('s=FF', 's=\u0000FF'), 400],
    ['with a line that is too long', `${good}a=x:${'y'.repeat(3000)}\n`, 400],
    ['with too many lines', good + 'a=x\n'.repeat(2100), 400],
    ['with too many m-lines', good + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\n'.repeat(40), 400],
    ['over the size limit', good + 'a=x\n'.repeat(MAX_SDP_BYTES / 4), 400],
    ['with a port over 65535', good.replace('m=audio 9', 'm=audio 99999'), 400],
    ['with a mid twice', good.replace('a=mid:1', 'a=mid:0'), 400],
    ['without m-lines', 'v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n', 422],
    ['without ICE', good.replaceAll(/^a=ice-(ufrag|pwd).*\n/gm, ''), 422],
    ['without a fingerprint', good.replaceAll(/^a=fingerprint.*\n/gm, ''), 422],
    ['with an odd fingerprint', good.replaceAll('sha-256 95:', 'sha-256 9:'), 422],
  ];
  for (const [name, text, status] of cases) {
    test(`${name} is refused with ${status}`, () => assert.equal(refusal(text).status, status));
  }

  test('of mutated bytes is an SdpError or an answer, never another fault', () => {
    let state = 99;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const sources = ['chromium-publish', 'chromium-simulcast', 'ffmpeg', 'obs', 'gstreamer'].map(offerOf);
    let refused = 0;
    for (let round = 0; round < 4000; round++) {
      const bytes = Buffer.from(sources[random(sources.length)]!);
      for (let hits = 1 + random(6); hits > 0; hits--) bytes[random(bytes.length)] = random(256);
      try {
        answerTo(bytes.toString('latin1'));
      } catch (error) {
        assert.ok(error instanceof SdpError, String(error));
        refused++;
      }
    }
    assert.ok(refused > 100 && refused < 4000);
  });
});

describe('candidates', () => {
  test('are usable when they are UDP with an address', () => {
    assert.ok(isUsableCandidate('candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host generation 0'));
    assert.ok(isUsableCandidate('candidate:1 1 UDP 2113937151 2001:db8::1 5000 typ host'));
    for (const other of [
      'candidate:1 1 udp 2113937151 828821c5-db46-49c0-add0-872a2b3544e4.local 5000 typ host',
      'candidate:1 1 udp 2113937151 metadata.internal 5000 typ host',
      'candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
      'candidate:1 2 udp 2113937150 192.0.2.1 5001 typ host',
      'candidate:1 1 udp 2113937151 192.0.2.1 x typ host',
      '',
    ]) {
      assert.equal(isUsableCandidate(other), false, other);
    }
  });

  test('are announced with extra addresses first and the loopback last', () => {
    const gathered = [
      'candidate:2 1 UDP 2116026111 2001:db8::7 40000 typ host',
      'candidate:1 1 UDP 2114977791 192.0.2.7 40000 typ host',
    ];
    const lines = announcedCandidates(gathered, ['203.0.113.5', '192.0.2.7'], true);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[4]),
      ['203.0.113.5', '192.0.2.7', '2001:db8::7', '127.0.0.1'],
    );
    const priorities = lines.map((line) => Number(line.split(' ')[3]));
    assert.deepEqual(
      priorities,
      priorities.toSorted((a, b) => b - a),
    );
    assert.deepEqual(announcedCandidates([], ['203.0.113.5'], true), []);
  });

  test('come out of a trickle fragment', () => {
    const fragment = readTrickle(
      'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n' +
        'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n' +
        'a=candidate:3471623853 1 udp 2122194687 x.local 61765 typ host\r\na=end-of-candidates\r\n',
    );
    assert.equal(fragment.ufrag, 'EsAw');
    assert.deepEqual(fragment.candidates, [
      'candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
    ]);
    assert.throws(() => readTrickle('nonsense'), SdpError);
  });
});

describe('H.264 parameters', () => {
  const parameters = (text: string): Map<string, string> =>
    new Map(text.split(';').map((part) => part.split('=') as [string, string]));

  test('rank constrained baseline, baseline, main, high; mode 1 before mode 0', () => {
    const order = ['42e01f', '42001f', '4d001f', '640c1f'].map((id) => `packetization-mode=1;profile-level-id=${id}`);
    const ranks = [...order, 'profile-level-id=42e01f'].map((text) => h264Rank(parameters(text))!);
    assert.deepEqual(
      ranks,
      ranks.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(ranks).size, ranks.length);
    for (const id of ['f4001f', '6e001f', 'xyz'])
      assert.equal(h264Rank(parameters(`profile-level-id=${id}`)), undefined);
  });

  test('raise the level only where both sides allow asymmetry', () => {
    assert.equal(
      h264AnswerParameters(parameters('packetization-mode=1;profile-level-id=42e01f')),
      'packetization-mode=1;profile-level-id=42e01f',
    );
    assert.match(
      h264AnswerParameters(parameters('level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d003c')),
      /profile-level-id=4d003c$/,
    );
  });
});

test('our transport parameters are read back from an answer of libdatachannel', () => {
  const text = `v=0\r\na=fingerprint:sha-256 ${local.fingerprint.value}\r\nm=video 4000 UDP/TLS/RTP/SAVPF 96\r\na=setup:active\r\na=ice-ufrag:Ab12\r\na=ice-pwd:${local.pwd}\r\na=${local.candidates[0]}\r\n`;
  assert.deepEqual(readTransportAnswer(text), { ...local, setup: 'active' });
  assert.equal(readTransportAnswer(text.replace('a=ice-pwd', 'a=x')), undefined);
});
