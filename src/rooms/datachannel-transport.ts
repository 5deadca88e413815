import { PeerConnection, type RtcConfig, type Track } from 'node-datachannel';
import type { Clock } from '../clock.ts';
import { announcedCandidates, isUsableCandidate } from './ice-candidates.ts';
import {
  TransportError,
  type LocalTransport,
  type MediaTransport,
  type RemoteTransport,
  type TransportEvents,
  type TransportFactory,
  type TransportState,
} from './transport.ts';
import { readTransportAnswer, transportOffer } from './transport-sdp.ts';

/** Addresses and ports of the media sockets. */
export interface DataChannelOptions {
  readonly clock: Clock;
  /** Local address to bind; all of them by default. */
  readonly bindAddress?: string | undefined;
  /** Further IP addresses to announce before the gathered ones, as behind a NAT with forwarded ports. */
  readonly advertise?: readonly string[] | undefined;
  /** First and last UDP port, both included; any port by default. */
  readonly portRange?: readonly [first: number, last: number] | undefined;
}

/**
 * Opens transports on libdatachannel. Each has a UDP socket of its own, for which libjuice asks 1 MiB of receive buffer;
 * the kernel grants at most net.core.rmem_max (208 KiB by default, still a second of one publisher). With one shared
 * socket (enableIceUdpMux) the same buffer would be shared by all, so it is not used.
 */
export function dataChannelTransports(options: DataChannelOptions): TransportFactory {
  return (remote, events) =>
    new Promise((resolve) => {
      resolve(openTransport(options, remote, events));
    });
}

/** A machine without a network has no address to gather, but its own clients reach it on the loopback. */
function openTransport(options: DataChannelOptions, remote: RemoteTransport, events: TransportEvents): MediaTransport {
  try {
    return new DataChannelTransport(options, remote, events);
  } catch (error) {
    if (!(error instanceof NoAddressError) || !hearsLoopback(options)) throw error;
    return new DataChannelTransport({ ...options, bindAddress: '127.0.0.1' }, remote, events);
  }
}

/** Candidates of one session that are taken: each makes us send checks to an address that the client named. */
const MAX_TRICKLED = 64;

class NoAddressError extends TransportError {}

class DataChannelTransport implements MediaTransport {
  readonly local: LocalTransport;
  readonly #peer: PeerConnection;
  readonly #events: TransportEvents;
  readonly #clock: Clock;
  #track: Track | undefined;
  #state: TransportState = 'new';
  #closed = false;
  #trickled = 0;

  constructor(options: DataChannelOptions, remote: RemoteTransport, events: TransportEvents) {
    this.#clock = options.clock;
    this.#events = events;
    this.#peer = new PeerConnection('rooms', configOf(options));
    // Without a state callback the binding never lets go of a closed connection.
    this.#peer.onStateChange((state) => this.#onState(state as TransportState));
    this.#peer.onTrack((track) => this.#onTrack(track));
    this.local = this.#answer(options, remote);
  }

  get state(): TransportState {
    return this.#state;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(bytes: Uint8Array): boolean {
    if (!this.#track || this.#state !== 'connected') return false;
    try {
      return this.#track.sendMessageBinary(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch {
      // The native side may close between its state change and our hearing of it.
      return false;
    }
  }

  addCandidate(candidate: string): boolean {
    if (this.#closed || this.#trickled >= MAX_TRICKLED || !isUsableCandidate(candidate)) return false;
    this.#trickled += 1;
    try {
      this.#peer.addRemoteCandidate(candidate, '0');
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#state = 'closed';
    this.#track?.close();
    this.#peer.close();
  }

  /** Host candidates are gathered within the call, so the answer is complete when it returns. */
  #answer(options: DataChannelOptions, remote: RemoteTransport): LocalTransport {
    try {
      this.#peer.setRemoteDescription(transportOffer(remote), 'offer');
    } catch (error) {
      this.close();
      throw new TransportError(error instanceof Error ? error.message : 'libdatachannel refused the offer');
    }
    const answer = readTransportAnswer(this.#peer.localDescription()?.sdp ?? '');
    const candidates = announcedCandidates(answer?.candidates ?? [], options.advertise ?? [], hearsLoopback(options));
    if (answer && candidates.length > 0) return { ...answer, candidates };
    this.close();
    throw new NoAddressError('No local address could be gathered.');
  }

  #onTrack(track: Track): void {
    if (this.#closed) return;
    this.#track = track;
    // As with the connection's state: without the callback the binding keeps the closed track, and the process, alive.
    track.onClosed(() => {});
    track.onMessage((bytes) => {
      if (!this.#closed) this.#events.onPacket(bytes, this.#clock.wallUs());
    });
  }

  #onState(state: TransportState): void {
    if (this.#closed) return;
    this.#state = state;
    this.#events.onState(state);
  }
}

/** A socket bound to the unspecified address also hears the loopback, which ICE itself never offers (RFC 8445 §5.1.1.1). */
function hearsLoopback(options: DataChannelOptions): boolean {
  return !options.bindAddress || options.bindAddress === '0.0.0.0' || options.bindAddress === '::';
}

function configOf(options: DataChannelOptions): RtcConfig {
  return {
    iceServers: [],
    ...(options.bindAddress ? { bindAddress: options.bindAddress } : {}),
    ...(options.portRange ? { portRangeBegin: options.portRange[0], portRangeEnd: options.portRange[1] } : {}),
  };
}
