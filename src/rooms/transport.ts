import type { WallUs } from '../units.ts';

/** State of a media transport; `failed` and `closed` are for good. */
export type TransportState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** Certificate fingerprint of RFC 8122: hash name in lower case, hex pairs with colons. */
export interface Fingerprint {
  readonly algorithm: string;
  readonly value: string;
}

/** ICE and DTLS of the peer, as its offer states them. */
export interface RemoteTransport {
  readonly ufrag: string;
  readonly pwd: string;
  readonly fingerprint: Fingerprint;
  /** Role in the offer (RFC 4145); `actpass` leaves the choice to us. */
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly iceLite: boolean;
  /** Values of `a=candidate` lines from `candidate:` on; only UDP with IP literals. */
  readonly candidates: readonly string[];
}

/** ICE and DTLS of ours, for the answer. */
export interface LocalTransport {
  readonly ufrag: string;
  readonly pwd: string;
  readonly fingerprint: Fingerprint;
  readonly setup: 'active' | 'passive';
  /** As in {@link RemoteTransport}; complete, best first. */
  readonly candidates: readonly string[];
}

/** What a transport tells its session. Never called after the session closed it. */
export interface TransportEvents {
  /** One decrypted RTP or RTCP datagram; the bytes belong to the receiver of the call. */
  onPacket(bytes: Buffer, arrivalUs: WallUs): void;
  onState(state: TransportState): void;
}

/** ICE, DTLS and SRTP of one peer: datagrams in clear on this side. */
export interface MediaTransport {
  readonly local: LocalTransport;
  readonly state: TransportState;
  /** Sends one RTP or compound RTCP datagram; false when it could not be sent. The bytes may be reused at once. */
  send(bytes: Uint8Array): boolean;
  /** Adds a trickled candidate, in the form of {@link RemoteTransport.candidates}. False when it is not usable. */
  addCandidate(candidate: string): boolean;
  /** Idempotent. */
  close(): void;
  readonly closed: boolean;
}

/** Opens a transport towards a peer. Rejects with TransportError when the peer's parameters cannot be used. */
export type TransportFactory = (remote: RemoteTransport, events: TransportEvents) => Promise<MediaTransport>;

/** The peer's ICE or DTLS parameters are not usable, or the machine has no socket to give. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}
