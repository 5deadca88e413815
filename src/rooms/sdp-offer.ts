import { isUsableCandidate } from './ice-candidates.ts';
import {
  allValues,
  firstValue,
  parseSdp,
  SdpError,
  type SdpAttribute,
  type SdpDocument,
  type SdpMedia,
} from './sdp-document.ts';
import { readFingerprint } from './transport-sdp.ts';
import type { Fingerprint, RemoteTransport } from './transport.ts';

/** One payload type of an m-line with what belongs to it. */
export interface OfferedCodec {
  readonly payloadType: number;
  /** Encoding name in lower case: `h264`, `opus`, `rtx`, `red`. */
  readonly name: string;
  readonly clockRate: number;
  /** 1 when the rtpmap does not say. */
  readonly channels: number;
  /** Parameters of the fmtp line; names in lower case. RED's bare list is under the empty name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The fmtp line's value as it stood, empty without one. */
  readonly fmtp: string;
  /** `nack`, `nack pli`, `ccm fir`, `transport-cc`, … */
  readonly feedback: ReadonlySet<string>;
}

/** What the peer will do on an m-line. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One m-line of an offer. */
export interface OfferedMedia {
  readonly kind: string;
  readonly mid: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly direction: Direction;
  /** Port 0 without `bundle-only` (RFC 8843 §6): the peer does not want this m-line. */
  readonly refused: boolean;
  readonly codecs: readonly OfferedCodec[];
  /** Header extensions of RFC 8285: URI to identifier. */
  readonly extensions: ReadonlyMap<string, number>;
  /** Simulcast streams (RFC 8853) the peer would send, in its order; empty without simulcast. */
  readonly sendRids: readonly string[];
}

/** A WebRTC offer. */
export interface Offer {
  readonly media: readonly OfferedMedia[];
  /** MIDs that share the transport; the first m-line's own when the offer has no BUNDLE group. */
  readonly bundle: readonly string[];
  readonly transport: RemoteTransport;
  readonly extmapAllowMixed: boolean;
}

/** Reads an offer. Throws SdpError: 400 when it is no SDP, 422 when it lacks what WebRTC needs. */
export function readOffer(text: string): Offer {
  const document = parseSdp(text);
  const first = document.media.find((media) => !isRefused(media)) ?? document.media[0];
  if (!first) throw new SdpError(422, 'The offer has no m-line.');
  const media = document.media.map((section, index) => readMedia(section, index));
  requireUniqueMids(media);
  return {
    media,
    bundle: bundleOf(document, media[document.media.indexOf(first)]!.mid),
    transport: readTransport(document, first),
    extmapAllowMixed: firstValue(document.attributes, 'extmap-allow-mixed') !== undefined,
  };
}

function isRefused(media: SdpMedia): boolean {
  return media.port === 0 && firstValue(media.attributes, 'bundle-only') === undefined;
}

function requireUniqueMids(media: readonly OfferedMedia[]): void {
  if (new Set(media.map((section) => section.mid)).size < media.length) {
    throw new SdpError(400, 'Two m-lines have the same mid.');
  }
}

function bundleOf(document: SdpDocument, firstMid: string): readonly string[] {
  const groups = allValues(document.attributes, 'group').map((value) => value.split(/ +/));
  const group = groups.find(([semantics, ...mids]) => semantics === 'BUNDLE' && mids.includes(firstMid));
  return group ? group.slice(1) : [firstMid];
}

function readMedia(section: SdpMedia, index: number): OfferedMedia {
  const mid = firstValue(section.attributes, 'mid') ?? String(index);
  if (!/^[\x21-\x7e]{1,32}$/.test(mid)) throw new SdpError(400, `The mid of m-line ${index} is not a token.`);
  return {
    kind: section.kind,
    mid,
    protocol: section.protocol,
    formats: section.formats,
    direction: readDirection(section.attributes),
    refused: isRefused(section),
    codecs: section.kind === 'application' ? [] : readCodecs(section),
    extensions: readExtensions(section.attributes),
    sendRids: readSendRids(section.attributes),
  };
}

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

function readDirection(attributes: readonly SdpAttribute[]): Direction {
  return DIRECTIONS.find((direction) => firstValue(attributes, direction) !== undefined) ?? 'sendrecv';
}

function readCodecs(section: SdpMedia): OfferedCodec[] {
  const fmtp = byPayloadType(allValues(section.attributes, 'fmtp'));
  const feedback = byPayloadType(allValues(section.attributes, 'rtcp-fb'));
  const rtpmap = byPayloadType(allValues(section.attributes, 'rtpmap'));
  return section.formats.flatMap((format) => {
    const map = /^([A-Za-z0-9_.-]{1,32})\/(\d{1,6})(?:\/(\d))?$/.exec(rtpmap.get(format)?.[0] ?? '');
    if (!map || !/^\d{1,3}$/.test(format) || Number(format) > 127) return [];
    const parameters = fmtp.get(format)?.[0] ?? '';
    return {
      payloadType: Number(format),
      name: map[1]!.toLowerCase(),
      clockRate: Number(map[2]),
      channels: Number(map[3] ?? 1),
      parameters: readParameters(parameters),
      fmtp: parameters,
      feedback: new Set([...(feedback.get(format) ?? []), ...(feedback.get('*') ?? [])]),
    };
  });
}

/** Groups attribute values of the form `payload-type rest`. */
function byPayloadType(values: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const value of values) {
    const space = value.indexOf(' ');
    if (space < 0) continue;
    const key = value.slice(0, space);
    groups.set(key, [...(groups.get(key) ?? []), value.slice(space + 1).trim()]);
  }
  return groups;
}

function readParameters(fmtp: string): Map<string, string> {
  const entries = fmtp.split(';').map((part): [string, string] => {
    const [name = '', ...value] = part.trim().split('=');
    return value.length > 0 ? [name.toLowerCase(), value.join('=')] : ['', name];
  });
  return new Map(entries);
}

function readExtensions(attributes: readonly SdpAttribute[]): Map<string, number> {
  const extensions = new Map<string, number>();
  for (const value of allValues(attributes, 'extmap')) {
    const match = /^(\d{1,3})(?:\/[a-z]+)? (\S+)/.exec(value);
    const id = Number(match?.[1]);
    // 15 is reserved in the one-byte form, 0 and over 255 cannot be sent (RFC 8285 §4).
    if (match && id >= 1 && id <= 255 && id !== 15) extensions.set(match[2]!, id);
  }
  return extensions;
}

function readSendRids(attributes: readonly SdpAttribute[]): string[] {
  const streams = /(?:^| )send ([^ ]+)/.exec(firstValue(attributes, 'simulcast') ?? '')?.[1] ?? '';
  const rids = streams.split(/[;,]/).map((rid) => rid.replace(/^~/, ''));
  return rids.filter((rid) => /^[A-Za-z0-9_-]{1,32}$/.test(rid)).slice(0, 8);
}

const MAX_CANDIDATES = 64;

function readTransport(document: SdpDocument, media: SdpMedia): RemoteTransport {
  const find = (name: string): string | undefined =>
    firstValue(media.attributes, name) ?? firstValue(document.attributes, name);
  const ufrag = find('ice-ufrag') ?? '';
  const pwd = find('ice-pwd') ?? '';
  if (!/^[\x21-\x7e]{4,256}$/.test(ufrag) || !/^[\x21-\x7e]{22,256}$/.test(pwd)) {
    throw new SdpError(422, 'The offer has no ice-ufrag and ice-pwd (RFC 8839).');
  }
  return {
    ufrag,
    pwd,
    fingerprint: readFingerprintOf(document, media),
    setup: readSetup(find('setup')),
    iceLite: firstValue(document.attributes, 'ice-lite') !== undefined,
    candidates: readCandidates([...document.attributes, ...media.attributes]),
  };
}

/** The `candidate:…` values we can use, of whatever lines. */
export function readCandidates(attributes: readonly SdpAttribute[]): string[] {
  const lines = allValues(attributes, 'candidate').map((value) => `candidate:${value}`);
  return lines.filter(isUsableCandidate).slice(0, MAX_CANDIDATES);
}

/** Several hashes may be given (RFC 8122 §5); any one will do, SHA-256 is the one every stack checks. */
function readFingerprintOf(document: SdpDocument, media: SdpMedia): Fingerprint {
  const own = allValues(media.attributes, 'fingerprint');
  const texts = own.length > 0 ? own : allValues(document.attributes, 'fingerprint');
  const found = texts.map(readFingerprint).filter((fingerprint) => fingerprint !== undefined);
  const best = found.find((fingerprint) => fingerprint.algorithm === 'sha-256') ?? found[0];
  if (!best) throw new SdpError(422, 'The offer has no DTLS fingerprint (RFC 8122).');
  return best;
}

function readSetup(value: string | undefined): RemoteTransport['setup'] {
  if (value === 'active' || value === 'passive') return value;
  return 'actpass';
}
