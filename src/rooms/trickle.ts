import { readAttribute, sdpLines, type SdpAttribute } from './sdp-document.ts';
import { readCandidates } from './sdp-offer.ts';

/** A trickle-ICE fragment (RFC 8840 §9): candidates, and the credentials they belong to when it says so. */
export interface TrickleFragment {
  readonly ufrag: string | undefined;
  readonly pwd: string | undefined;
  /** In the form of RemoteTransport; ones we cannot use are left out. */
  readonly candidates: readonly string[];
}

/** Reads a fragment. Throws SdpError (400) when a line is no SDP line. */
export function readTrickle(text: string): TrickleFragment {
  const attributes: SdpAttribute[] = sdpLines(text)
    .filter((line) => line.startsWith('a='))
    .map(readAttribute);
  const value = (name: string): string | undefined => attributes.find((attribute) => attribute.name === name)?.value;
  return { ufrag: value('ice-ufrag'), pwd: value('ice-pwd'), candidates: readCandidates(attributes) };
}
