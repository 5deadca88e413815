import type { FeedCodec } from '../feed/messages.ts';
import type { ExtensionIds, NegotiatedMedia } from '../rtp/session.ts';
import { h264Rank } from './h264-profile.ts';
import { SdpError } from './sdp-document.ts';
import type { Offer, OfferedCodec, OfferedMedia } from './sdp-offer.ts';

/** An m-line of the answer: what is taken of the offered one, or that it is refused with port 0. */
export interface AnswerLine {
  readonly offered: OfferedMedia;
  readonly accepted: AcceptedLine | undefined;
}

/** What an accepted m-line carries. */
export interface AcceptedLine {
  /** The codec itself, without RED and RTX. */
  readonly codec: OfferedCodec;
  readonly red: OfferedCodec | undefined;
  readonly rtx: OfferedCodec | undefined;
  readonly extensions: ReadonlyMap<string, number>;
}

/** The outcome of looking at an offer: pure, before any socket is opened. */
export interface Negotiation {
  /** One per offered m-line, in its order (RFC 3264 §6). */
  readonly lines: readonly AnswerLine[];
  /** One per accepted line, in the same order. */
  readonly media: readonly NegotiatedMedia[];
  readonly extensions: ExtensionIds;
}

/** Header extensions we take from a publisher, by URI. */
const PUBLISH_EXTENSIONS: Readonly<Record<string, keyof ExtensionIds>> = {
  'urn:ietf:params:rtp-hdrext:sdes:mid': 'mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id': 'rid',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id': 'repairedRid',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01': 'transportWideCc',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level': 'audioLevel',
};

/** Header extensions we send to a viewer, by URI. */
const WATCH_EXTENSIONS: Readonly<Record<string, keyof ExtensionIds>> = {
  'urn:ietf:params:rtp-hdrext:sdes:mid': 'mid',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level': 'audioLevel',
};

/** What we look for in an offer. */
interface Wanted {
  readonly directions: readonly OfferedMedia['direction'][];
  readonly audio: boolean;
  /** Codecs of the picture, best first; none refuses video. */
  readonly video: readonly FeedCodec[];
  readonly red: boolean;
  readonly extensions: Readonly<Record<string, keyof ExtensionIds>>;
}

/**
 * Takes one audio and one video of a publisher's offer: Opus, with RED when offered, and H.264 before VP8.
 * Throws SdpError: 406 when there are m-lines but no codec of ours, 422 when nothing is sent at all.
 */
export function negotiatePublish(offer: Offer): Negotiation {
  return negotiate(offer, {
    directions: ['sendonly', 'sendrecv'],
    audio: true,
    video: ['h264', 'vp8'],
    red: true,
    extensions: PUBLISH_EXTENSIONS,
  });
}

/** Takes of a viewer's offer what the watched anchor sends. Throws SdpError as {@link negotiatePublish}. */
export function negotiateWatch(offer: Offer, source: { audio: boolean; video: FeedCodec | undefined }): Negotiation {
  return negotiate(offer, {
    directions: ['recvonly', 'sendrecv'],
    audio: source.audio,
    video: source.video ? [source.video] : [],
    red: false,
    extensions: WATCH_EXTENSIONS,
  });
}

function negotiate(offer: Offer, wanted: Wanted): Negotiation {
  const taken = new Set<string>();
  const lines = offer.media.map((offered): AnswerLine => {
    const open = !taken.has(offered.kind) && isOpen(offer, offered, wanted);
    const accepted = open ? acceptLine(offered, wanted) : undefined;
    if (accepted) taken.add(offered.kind);
    return { offered, accepted };
  });
  const media = lines.flatMap(({ offered, accepted }) => (accepted ? [negotiatedMedia(offered, accepted)] : []));
  if (media.length === 0) throw nothingAccepted(offer, wanted);
  return { lines, media, extensions: extensionIds(lines, wanted) };
}

/** An m-line outside the BUNDLE group would need a transport of its own, which nothing current asks for. */
function isOpen(offer: Offer, offered: OfferedMedia, wanted: Wanted): boolean {
  const rtp = /^(?:UDP\/TLS\/RTP\/SAVPF?|RTP\/SAVPF?)$/.test(offered.protocol);
  return rtp && !offered.refused && offer.bundle.includes(offered.mid) && wanted.directions.includes(offered.direction);
}

function nothingAccepted(offer: Offer, wanted: Wanted): SdpError {
  const open = offer.media.some((offered) => isOpen(offer, offered, wanted));
  return open
    ? new SdpError(406, 'None of the offered codecs is taken: audio is Opus, video is H.264 or VP8.')
    : new SdpError(422, `No audio or video m-line of the offer is ${wanted.directions.join(' or ')}.`);
}

function acceptLine(offered: OfferedMedia, wanted: Wanted): AcceptedLine | undefined {
  const codec = pickCodec(offered, wanted);
  if (!codec) return undefined;
  const known = [...offered.extensions].filter(([uri]) => uri in wanted.extensions);
  return {
    codec,
    red: wanted.red ? offered.codecs.find((other) => isRedOf(other, codec)) : undefined,
    rtx: offered.codecs.find((other) => other.name === 'rtx' && other.parameters.get('apt') === `${codec.payloadType}`),
    extensions: new Map(known),
  };
}

function pickCodec(offered: OfferedMedia, wanted: Wanted): OfferedCodec | undefined {
  if (offered.kind === 'audio') return wanted.audio ? offered.codecs.find(isOpus) : undefined;
  if (offered.kind !== 'video') return undefined;
  for (const name of wanted.video) {
    const best = name === 'h264' ? bestH264(offered.codecs) : offered.codecs.find((codec) => codec.name === name);
    if (best) return best;
  }
  return undefined;
}

/** RFC 7587 §7: always 48000 and 2 channels, whatever is sent. */
const isOpus = (codec: OfferedCodec): boolean =>
  codec.name === 'opus' && codec.clockRate === 48000 && codec.channels === 2;

/** RFC 2198 §5: the fmtp lists the payload types of primary and redundant blocks; only our codec may be in it. */
function isRedOf(red: OfferedCodec, codec: OfferedCodec): boolean {
  const blocks = (red.parameters.get('') ?? '').split('/');
  return red.name === 'red' && codec.name === 'opus' && blocks.every((block) => block === `${codec.payloadType}`);
}

function bestH264(codecs: readonly OfferedCodec[]): OfferedCodec | undefined {
  const ranked = codecs.flatMap((codec) => {
    const rank = codec.name === 'h264' ? h264Rank(codec.parameters) : undefined;
    return rank === undefined ? [] : [{ codec, rank }];
  });
  return ranked.toSorted((a, b) => a.rank - b.rank)[0]?.codec;
}

function negotiatedMedia(offered: OfferedMedia, { codec, red, rtx }: AcceptedLine): NegotiatedMedia {
  return {
    mid: offered.mid,
    media: offered.kind === 'audio' ? 'audio' : 'video',
    codec: codec.name as FeedCodec,
    clockRate: codec.clockRate,
    payloadType: codec.payloadType,
    ...(rtx ? { rtxPayloadType: rtx.payloadType } : {}),
    ...(red ? { redPayloadType: red.payloadType } : {}),
    nack: codec.feedback.has('nack'),
    pli: codec.feedback.has('nack pli'),
  };
}

/** Within a BUNDLE group one identifier means one URI (RFC 8843 §9.1), so the lines' maps never disagree. */
function extensionIds(lines: readonly AnswerLine[], wanted: Wanted): ExtensionIds {
  const ids: { -readonly [Name in keyof ExtensionIds]?: number } = {};
  for (const { accepted } of lines) {
    for (const [uri, id] of accepted?.extensions ?? []) ids[wanted.extensions[uri]!] = id;
  }
  return ids;
}
