import { h264AnswerParameters } from './h264-profile.ts';
import type { AcceptedLine, AnswerLine, Negotiation } from './negotiation.ts';
import type { Offer, OfferedCodec, OfferedMedia } from './sdp-offer.ts';
import type { LocalTransport } from './transport.ts';

/** The stream we send on an m-line, for a viewer's answer (RFC 5576, RFC 8830). */
export interface SentStream {
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
  /** Media stream id; the same for a viewer's audio and video. */
  readonly streamId: string;
}

/** What an answer is made of. */
export interface AnswerParts {
  readonly offer: Offer;
  readonly negotiation: Negotiation;
  readonly local: LocalTransport;
  /** Number of the session in the `o=` line, decimal digits. */
  readonly sessionNumber: string;
  /** Our streams by index of the negotiated media; absent when we receive. */
  readonly sent?: readonly SentStream[];
}

/** Bit rate in kb/s at which Chromium's sender starts, instead of 300; it has the bandwidth checked within a second. */
const START_BITRATE_KBPS = 1200;

/** Writes the answer (RFC 9429 §5.3.1), complete with candidates. Lines end with CRLF. */
export function writeAnswer(parts: AnswerParts): string {
  const { offer, negotiation } = parts;
  const mids = negotiation.media.map((media) => media.mid);
  const lines = [
    'v=0',
    `o=- ${parts.sessionNumber} 1 IN IP4 0.0.0.0`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mids.join(' ')}`,
    ...(offer.extmapAllowMixed ? ['a=extmap-allow-mixed'] : []),
    'a=msid-semantic: WMS *',
    ...negotiation.lines.flatMap((line) => mediaLines(parts, line)),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function mediaLines(parts: AnswerParts, { offered, accepted }: AnswerLine): string[] {
  if (!accepted) return refusedLines(offered);
  const index = parts.negotiation.media.findIndex((media) => media.mid === offered.mid);
  const payloadTypes = codecsOf(accepted).map((codec) => codec.payloadType);
  return [
    `m=${offered.kind} 9 ${offered.protocol} ${payloadTypes.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${offered.mid}`,
    ...transportLines(parts.local, index === 0),
    parts.sent ? 'a=sendonly' : 'a=recvonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...[...accepted.extensions].map(([uri, id]) => `a=extmap:${id} ${uri}`),
    ...codecsOf(accepted).flatMap((codec) => codecLines(codec, accepted, parts.sent === undefined)),
    ...(parts.sent ? streamLines(parts.sent[index]!, offered.kind) : simulcastLines(offered)),
  ];
}

/** Refused m-lines keep protocol and formats and have port 0 (RFC 3264 §6). */
function refusedLines(offered: OfferedMedia): string[] {
  return [
    `m=${offered.kind} 0 ${offered.protocol} ${offered.formats.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${offered.mid}`,
    'a=inactive',
  ];
}

/** In a BUNDLE group only the first m-line carries candidates (RFC 9429 §5.3.1). */
function transportLines(local: LocalTransport, first: boolean): string[] {
  return [
    `a=ice-ufrag:${local.ufrag}`,
    `a=ice-pwd:${local.pwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:${local.fingerprint.algorithm} ${local.fingerprint.value}`,
    `a=setup:${local.setup}`,
    ...(first ? [...local.candidates.map((candidate) => `a=${candidate}`), 'a=end-of-candidates'] : []),
  ];
}

/** RED comes before Opus: the first payload type is what the peer sends. */
function codecsOf({ red, codec, rtx }: AcceptedLine): OfferedCodec[] {
  return [red, codec, rtx].filter((each) => each !== undefined);
}

const FEEDBACK = ['transport-cc', 'ccm fir', 'nack', 'nack pli'];

function codecLines(codec: OfferedCodec, accepted: AcceptedLine, receiving: boolean): string[] {
  const { payloadType } = codec;
  const channels = codec.channels > 1 ? `/${codec.channels}` : '';
  const name = codec.name === 'h264' || codec.name === 'vp8' ? codec.name.toUpperCase() : codec.name;
  const fmtp = codec === accepted.codec ? codecParameters(codec, receiving) : codec.fmtp;
  const feedback = FEEDBACK.filter((type) => codec.feedback.has(type) && (receiving || type !== 'transport-cc'));
  return [
    `a=rtpmap:${payloadType} ${name}/${codec.clockRate}${channels}`,
    ...feedback.map((type) => `a=rtcp-fb:${payloadType} ${type}`),
    ...(fmtp ? [`a=fmtp:${payloadType} ${fmtp}`] : []),
  ];
}

function codecParameters(codec: OfferedCodec, receiving: boolean): string {
  // Without stereo=1 Chromium encodes mono; in-band FEC is kept for when RED is not used.
  if (codec.name === 'opus') return receiving ? 'minptime=10;useinbandfec=1;stereo=1' : codec.fmtp;
  const start = receiving ? [`x-google-start-bitrate=${START_BITRATE_KBPS}`] : [];
  const own = codec.name === 'h264' ? [h264AnswerParameters(codec.parameters)] : [];
  return [...own, ...start].join(';');
}

/** All offered layers are taken; the RTP core forwards the best one that arrives. */
function simulcastLines({ sendRids }: OfferedMedia): string[] {
  if (sendRids.length === 0) return [];
  return [...sendRids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${sendRids.join(';')}`];
}

function streamLines(stream: SentStream, kind: string): string[] {
  const { ssrc, rtxSsrc, cname, streamId } = stream;
  return [
    `a=msid:${streamId} ${streamId}-${kind}`,
    ...(rtxSsrc === undefined ? [] : [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`]),
    `a=ssrc:${ssrc} cname:${cname}`,
    ...(rtxSsrc === undefined ? [] : [`a=ssrc:${rtxSsrc} cname:${cname}`]),
  ];
}
