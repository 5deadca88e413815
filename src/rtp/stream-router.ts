import type { MonoUs } from '../units.ts';
import type { MediaReceiver } from './media-receiver.ts';
import type { ReceiveStream } from './receive-stream.ts';
import type { RtpReader } from './rtp-packet.ts';
import { TokenBucket, type BucketSize } from '../token-bucket.ts';

/** Where the packets of one SSRC go. */
export interface Route {
  readonly media: MediaReceiver;
  /** The primary stream; undefined for RTX. */
  readonly stream: ReceiveStream | undefined;
  /** RTP stream id, of the repaired stream for RTX. */
  readonly rid: string | undefined;
  lastPacketAt: number;
}

/** SSRCs of one session. A new one beyond that takes the place of one that has been silent, or is refused. */
const MAX_ROUTES = 64;
const EVICTABLE_AFTER_US = 10_000_000;
/** New SSRCs: each may begin a track, of which all recorders are told, and BYE makes room for the next. */
const NEW_ROUTES: BucketSize = { burst: MAX_ROUTES, perSecond: 5 };

/** Learns which SSRC belongs to which m-line: by its MID, otherwise by a payload type that only one m-line has. */
export class StreamRouter {
  readonly #media: readonly MediaReceiver[];
  readonly #routes = new Map<number, Route>();
  readonly #pace = new TokenBucket(NEW_ROUTES);

  constructor(media: readonly MediaReceiver[]) {
    this.#media = media;
  }

  /** The route of the packet just read; undefined when it belongs nowhere. */
  find(reader: RtpReader, bytes: Uint8Array, now: MonoUs): Route | undefined {
    const route = this.#routes.get(reader.ssrc) ?? this.#learn(reader, bytes, now);
    if (route === undefined) return undefined;
    const kind = route.stream === undefined ? 'rtx' : 'primary';
    if (route.media.kindOf(reader.payloadType) !== kind) return undefined;
    route.lastPacketAt = now;
    return route;
  }

  /** The route of a known SSRC. */
  get(ssrc: number): Route | undefined {
    return this.#routes.get(ssrc);
  }

  /** Forgets an SSRC; its next packet is learned anew. */
  remove(ssrc: number): void {
    const route = this.#routes.get(ssrc);
    this.#routes.delete(ssrc);
    if (route?.stream !== undefined) route.media.removeStream(route.stream);
  }

  #learn(reader: RtpReader, bytes: Uint8Array, now: MonoUs): Route | undefined {
    const media = this.#mediaOf(reader.mid(bytes), reader.payloadType);
    const kind = media?.kindOf(reader.payloadType);
    if (media === undefined || kind === undefined || !this.#makeRoom(now)) return undefined;
    if (!this.#pace.take(1, now)) return undefined;
    const rid = kind === 'rtx' ? reader.repairedRid(bytes) : reader.rid(bytes);
    const stream = kind === 'rtx' ? undefined : media.addStream(reader.ssrc, rid, now);
    const route: Route = { media, stream, rid, lastPacketAt: now };
    this.#routes.set(reader.ssrc, route);
    return route;
  }

  #mediaOf(mid: string | undefined, payloadType: number): MediaReceiver | undefined {
    const matching = this.#media.filter((media) => media.kindOf(payloadType) !== undefined);
    if (mid === undefined) return matching.length === 1 ? matching[0] : undefined;
    return matching.find((media) => media.negotiated.mid === mid);
  }

  #makeRoom(now: MonoUs): boolean {
    if (this.#routes.size < MAX_ROUTES) return true;
    let oldest = Infinity;
    let victim: number | undefined;
    for (const [ssrc, route] of this.#routes) {
      if (route.lastPacketAt >= oldest || route.stream === route.media.active) continue;
      oldest = route.lastPacketAt;
      victim = ssrc;
    }
    if (victim === undefined || now - oldest < EVICTABLE_AFTER_US) return false;
    this.remove(victim);
    return true;
  }
}
