import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PeerConnection, type Track } from 'node-datachannel';
import { ntpToWallUs } from '../../src/rtp/ntp.ts';
import { buildNack, buildPli, buildReceiverReport } from '../../src/rtp/rtcp-build.ts';
import { parseRtcp } from '../../src/rtp/rtcp-packet.ts';

/** One RTP packet as it came in. */
export interface SunkPacket {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly seq: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
  readonly extended: boolean;
}

/** One sender report as it came in. */
export interface SunkReport {
  readonly ssrc: number;
  readonly ntpUs: number;
  readonly rtp: number;
}

/** All that one WHIP session brought. */
export class SunkSession {
  readonly audio: SunkPacket[] = [];
  readonly video: SunkPacket[] = [];
  readonly reports: SunkReport[] = [];
  readonly peer: PeerConnection;
  readonly tracks = new Map<string, Track>();
  deleted = false;
  state = 'new';
  readonly #reports = setInterval(() => this.#tell('video', emptyReport), 300);

  /** Takes tracks as libdatachannel offers them. */
  constructor(peer: PeerConnection) {
    this.peer = peer;
    peer.onStateChange((state) => {
      this.state = state;
    });
    peer.onTrack((track) => {
      this.tracks.set(track.type(), track);
      const type = track.type();
      track.onMessage((bytes) => this.#take(type, bytes));
      track.onClosed(() => undefined);
    });
  }

  /** Asks for lost packets again. */
  nack(media: 'audio' | 'video', seqs: readonly number[]): void {
    this.#tell(media, (ssrc) => buildNack(1, ssrc, seqs));
  }

  /** Asks for a key frame. */
  pli(): void {
    this.#tell('video', (ssrc) => buildPli(1, ssrc));
  }

  /** Falls silent without a word to the sender. Idempotent. */
  vanish(): void {
    clearInterval(this.#reports);
    for (const track of this.tracks.values()) track.close();
    this.peer.close();
  }

  #tell(media: 'audio' | 'video', packet: (ssrc: number) => Uint8Array): void {
    const ssrc = this[media][0]?.ssrc ?? 0;
    const track = this.tracks.get(media);
    if (track?.isOpen()) track.sendMessageBinary(Buffer.from(packet(ssrc)));
  }

  #take(media: string, bytes: Buffer): void {
    if (bytes[1]! >= 192 && bytes[1]! <= 223) {
      for (const packet of parseRtcp(bytes) ?? [])
        if (packet.type === 'sender-report')
          this.reports.push({
            ssrc: packet.ssrc,
            ntpUs: ntpToWallUs(packet.ntpSeconds, packet.ntpFraction),
            rtp: packet.rtp,
          });
      return;
    }
    (media === 'audio' ? this.audio : this.video).push(readPacket(bytes));
  }
}

/** A report about the stream: libdatachannel hands RTCP to a track by the SSRCs it names. */
function emptyReport(ssrc: number): Uint8Array {
  return buildReceiverReport(1, [
    {
      ssrc,
      fractionLost: 0,
      cumulativeLost: 0,
      highestSeq: 0,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    },
  ]);
}

function readPacket(bytes: Buffer): SunkPacket {
  const extended = (bytes[0]! & 0x10) !== 0;
  const start = 12 + (extended ? 4 + bytes.readUInt16BE(14) * 4 : 0);
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: (bytes[1]! & 0x80) !== 0,
    seq: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: Buffer.from(bytes.subarray(start)),
    extended,
  };
}

/** The smallest WHIP endpoint there is: every POST becomes a session, whatever its path and token. */
export class WhipSink {
  readonly sessions: SunkSession[] = [];
  /** Status that refuses POSTs; 201 accepts. */
  status = 201;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  /** Listens on an ephemeral port of loopback. */
  static async start(): Promise<WhipSink> {
    const sink = new WhipSink();
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/whip/1400000001/10001/anchor1`;
  }

  get latest(): SunkSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error('No session yet.');
    return session;
  }

  /** Ends every session and stops listening. */
  async close(): Promise<void> {
    for (const session of this.sessions) session.vanish();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'DELETE') {
      const session = this.sessions[Number(request.url?.split('/').at(-1))];
      if (session) session.deleted = true;
      session?.vanish();
      response.writeHead(200).end();
    } else if (this.status === 201) await this.#accept(Buffer.concat(chunks).toString(), response);
    else response.writeHead(this.status).end('refused');
  }

  async #accept(offer: string, response: ServerResponse): Promise<void> {
    const peer = new PeerConnection('sink', { iceServers: [] });
    const session = new SunkSession(peer);
    const id = this.sessions.push(session) - 1;
    const gathered = new Promise<void>((resolve) => {
      peer.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    peer.setRemoteDescription(offer, 'offer');
    await gathered;
    response
      .writeHead(201, { 'content-type': 'application/sdp', location: `/sessions/${id}` })
      .end(peer.localDescription()?.sdp);
  }
}
