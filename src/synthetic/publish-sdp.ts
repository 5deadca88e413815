const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const MID_ID = 1;
const LEVEL_ID = 2;

/** What the answer says about one m-line. */
export interface AnsweredMedia {
  readonly mid: string;
  /** First payload type of the m-line: the one to send. */
  readonly payloadType: number;
  readonly extensions: { readonly mid?: number; readonly audioLevel?: number };
}

/** Adds to an offer the header extensions that libdatachannel does not offer by itself: MID and audio level. */
export function withExtensions(offer: string): string {
  const sections = offer.split(/(?=^m=)/m);
  return sections.map((section) => (section.startsWith('m=') ? extended(section) : section)).join('');
}

function extended(section: string): string {
  const lines = [`a=extmap:${MID_ID} ${MID_URI}`];
  if (section.startsWith('m=audio')) lines.push(`a=extmap:${LEVEL_ID} ${LEVEL_URI}`);
  return section.replace(
    /^(a=mid:.*)$/m,
    (line) => [line.trimEnd(), ...lines].join('\r\n') + (line.endsWith('\r') ? '\r' : ''),
  );
}

/** The accepted m-lines of an answer, by MID. Refused ones (port 0) are absent. */
export function answeredMedia(answer: string): Map<string, AnsweredMedia> {
  const accepted = new Map<string, AnsweredMedia>();
  for (const section of answer.split(/(?=^m=)/m)) {
    const media = /^m=(?:audio|video) ([1-9]\d*) \S+ (\d+)/.exec(section);
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    if (media && mid !== undefined)
      accepted.set(mid, { mid, payloadType: Number(media[2]), extensions: acceptedExtensions(section) });
  }
  return accepted;
}

function acceptedExtensions(section: string): AnsweredMedia['extensions'] {
  const ids: { mid?: number; audioLevel?: number } = {};
  for (const [, id, uri] of section.matchAll(/^a=extmap:(\d+)(?:\/\S+)? (\S+)/gm)) {
    if (uri === MID_URI) ids.mid = Number(id);
    if (uri === LEVEL_URI) ids.audioLevel = Number(id);
  }
  return ids;
}

/** A description without candidates, as one that trickles them. */
export const withoutCandidates = (sdp: string): string =>
  sdp.replace(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, '');

/** Candidates of an answer with the MID of their m-line. */
export function candidatesOf(answer: string): { candidate: string; mid: string }[] {
  return answer.split(/(?=^m=)/m).flatMap((section) => {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1] ?? '0';
    return Array.from(section.matchAll(/^a=(candidate:.*?)\r?$/gm), ([, candidate]) => ({
      candidate: candidate!,
      mid,
    }));
  });
}

/**
 * An offer to wait for the other side's DTLS hello (RFC 8842 §5.3). The controlling side of ICE is ready first; a hello
 * of its own would often come too early for the other and be repeated only a second later.
 */
export const passive = (offer: string): string => offer.replace(/^a=setup:actpass/gm, 'a=setup:passive');
