import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { h264Payloads, MAX_PAYLOAD, vp8Payloads } from '../../src/synthetic/payloads.ts';
import {
  answeredMedia,
  candidatesOf,
  passive,
  withExtensions,
  withoutCandidates,
} from '../../src/synthetic/publish-sdp.ts';
import { RtpStream, type RtpStreamOptions } from '../../src/synthetic/rtp-stream.ts';
import { ntpToWallUs } from '../../src/rtp/ntp.ts';
import { startsKeyFrame } from '../../src/rtp/key-frame.ts';
import { parseRtcp } from '../../src/rtp/rtcp-packet.ts';
import { RtpReader } from '../../src/rtp/rtp-packet.ts';
import { monoUs, wallUs } from '../../src/units.ts';

const startCode = [0, 0, 0, 1];
const nal = (header: number, length: number): number[] => [
  header,
  ...Array.from({ length: length - 1 }, (_, index) => (index % 251) + 1),
];

describe('H.264 payloads', () => {
  it('carry parameter sets together, small units alone and large ones in fragments', () => {
    const [sps, pps, sei, idr] = [nal(0x67, 20), nal(0x68, 5), nal(0x06, 30), nal(0x65, 3_000)] as const;
    const payloads = h264Payloads(
      Uint8Array.from([...startCode, ...sps, ...startCode, ...pps, 0, 0, 1, ...sei, ...startCode, ...idr]),
    );
    assert.deepEqual([...payloads[0]!], [0x78, 0, 20, ...sps, 0, 5, ...pps]);
    assert.deepEqual([...payloads[1]!], sei);
    const fragments = payloads.slice(2);
    assert.deepEqual(
      fragments.map((bytes) => bytes[0]),
      [0x7c, 0x7c, 0x7c],
    );
    assert.deepEqual(
      fragments.map((bytes) => bytes[1]),
      [0x85, 0x05, 0x45],
    );
    assert.deepEqual(
      fragments.flatMap((bytes) => [...bytes.subarray(2)]),
      idr.slice(1),
    );
    assert.ok(payloads.every(({ length }) => length <= MAX_PAYLOAD));
  });

  it('lose nothing at the very limit', () => {
    for (const length of [MAX_PAYLOAD - 1, MAX_PAYLOAD, MAX_PAYLOAD + 1]) {
      const payloads = h264Payloads(Uint8Array.from([...startCode, ...nal(0x41, length)]));
      assert.equal(payloads.length, length <= MAX_PAYLOAD ? 1 : 2);
    }
  });
});

describe('VP8 payloads', () => {
  it('mark the beginning of the frame alone', () => {
    const frame = Uint8Array.from(nal(0x10, 2_500));
    const payloads = vp8Payloads(frame);
    assert.deepEqual(
      payloads.map((bytes) => bytes[0]),
      [0x10, 0, 0],
    );
    assert.deepEqual(
      payloads.flatMap((bytes) => [...bytes.subarray(1)]),
      [...frame],
    );
    assert.ok(startsKeyFrame('vp8', payloads[0]!, 0, payloads[0]!.length));
  });
});

describe('Annex B', () => {
  it('gives units without start codes of three or four bytes', () => {
    assert.deepEqual(
      annexBUnits(Uint8Array.from([0, 0, 1, 9, 16, 0, 0, 0, 1, 65, 5])).map((unit) => [...unit]),
      [
        [9, 16],
        [65, 5],
      ],
    );
    assert.deepEqual(annexBUnits(Uint8Array.from([1, 2, 3])), []);
  });
});

const options: RtpStreamOptions = {
  ssrc: 7,
  payloadType: 111,
  clockRate: 48_000,
  rtpOrigin: 0xffff_ff00,
  originUs: wallUs(1_700_000_000_000_000),
  extensions: { mid: 1, audioLevel: 2 },
  mid: '0',
  cname: 'anchor',
  history: 16,
};

describe('an outgoing stream', () => {
  it('stamps packets by capture time over the wrap of time and number', () => {
    const stream = new RtpStream(options, 0xffff);
    const reader = new RtpReader({ mid: 1, audioLevel: 2 });
    const read = (at: number, level: number): RtpReader => {
      const [packet] = stream.packets([Uint8Array.of(1, 2, 3)], wallUs(options.originUs + at), false, level);
      assert.ok(reader.read(packet!));
      assert.equal(reader.mid(packet!), '0');
      return reader;
    };
    assert.deepEqual([read(0, 12).timestamp, reader.sequenceNumber, reader.level], [0xffff_ff00, 0xffff, 12]);
    assert.deepEqual([read(20_000, 127).timestamp, reader.sequenceNumber, reader.level], [960 - 256, 0, 127]);
    assert.equal(read(24 * 3_600_000_000, 1).timestamp, (24 * 3_600 * 48_000 - 256) % 2 ** 32);
  });

  it('reports NTP and RTP time of one instant, on the line of its packets', () => {
    const stream = new RtpStream(options, 0);
    stream.packets([new Uint8Array(100)], options.originUs, false, 0);
    const now = wallUs(options.originUs + 1_234_567);
    const [report] = parseRtcp(stream.senderReport(now)) ?? [];
    assert.equal(report?.type, 'sender-report');
    if (report?.type !== 'sender-report') return;
    assert.equal(ntpToWallUs(report.ntpSeconds, report.ntpFraction), now);
    assert.equal(report.rtp, stream.ticksAt(now));
    assert.deepEqual([report.packets, report.octets], [1, 100]);
  });

  it('finds a lost packet again while it is kept', () => {
    const stream = new RtpStream(options, 100);
    const sent = stream.packets(
      Array.from({ length: 20 }, (_, index) => Uint8Array.of(index)),
      options.originUs,
      false,
    );
    assert.deepEqual(stream.again(110, monoUs(0)), sent[10]);
    assert.equal(stream.again(101, monoUs(0)), undefined);
    assert.equal(stream.stats.forgotten, 1);
  });
});

describe('SDP', () => {
  const offer = [
    'v=0',
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'm=video 9 UDP/TLS/RTP/SAVPF 102',
    'a=mid:1',
    '',
  ].join('\r\n');

  it('offers MID for both and audio level for sound', () => {
    const lines = withExtensions(offer).split('\r\n');
    assert.equal(lines.filter((line) => line.endsWith('sdes:mid')).length, 2);
    assert.equal(lines.filter((line) => line.endsWith('ssrc-audio-level')).length, 1);
    assert.ok(lines.every((line) => !line.includes('\r') && !line.includes('\n')));
  });

  it('takes candidates out of a description and lists them', () => {
    const candidate = 'candidate:1 1 UDP 2122317823 192.0.2.2 40000 typ host';
    const lines = [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      `a=${candidate}`,
      'a=end-of-candidates',
      'a=sendonly',
      '',
    ];
    assert.deepEqual(candidatesOf(lines.join('\r\n')), [{ candidate, mid: '0' }]);
    assert.equal(withoutCandidates(lines.join('\r\n')), lines.toSpliced(2, 2).join('\r\n'));
  });

  it('leaves the first DTLS word to the server', () => {
    assert.equal(passive('a=setup:actpass\r\na=mid:0'), 'a=setup:passive\r\na=mid:0');
  });

  it('reads what was accepted and passes over what was refused', () => {
    const answer = [
      'm=audio 0 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'm=video 9 UDP/TLS/RTP/SAVPF 102',
      'a=mid:1',
      'a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid',
      '',
    ].join('\r\n');
    const accepted = answeredMedia(answer);
    assert.equal(accepted.has('0'), false);
    assert.deepEqual(accepted.get('1'), { mid: '1', payloadType: 102, extensions: { mid: 4 } });
  });
});
