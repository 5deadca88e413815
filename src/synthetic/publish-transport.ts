import { Audio, PeerConnection, Video, type Track } from 'node-datachannel';
import type { Clock } from '../clock.ts';
import { candidatesOf, passive, withExtensions, withoutCandidates } from './publish-sdp.ts';

/** What is offered. MIDs are `0` for the first m-line and `1` for the second, sound first. */
export interface TransportOptions {
  readonly audio: boolean;
  readonly video: 'h264' | 'vp8' | undefined;
  readonly audioSsrc: number;
  readonly videoSsrc: number;
  readonly cname: string;
  /** Address to bind; needed on machines whose only interface is loopback. */
  readonly bindAddress?: string;
}

/** Called from the transport's own callbacks, on the main thread. */
export interface TransportEvents {
  onRtcp(bytes: Buffer): void;
  /** The connection is gone for good; called once. */
  onLost(): void;
}

const AUDIO_PT = 111;
const VIDEO_PT = { h264: 102, vp8: 96 } as const;
const CONNECT_MS = 10_000;

/** ICE, DTLS and SRTP by libdatachannel; the packets are ours. */
export class PublishTransport {
  /** MIDs of the offered tracks. */
  readonly mids: { readonly audio?: string; readonly video?: string };
  readonly #connection: PeerConnection;
  readonly #tracks = new Map<string, Track>();
  readonly #events: TransportEvents;
  readonly #clock: Clock;
  #lost = false;
  #closed = false;
  #onState: () => void = () => undefined;

  /** Makes the tracks; nothing is on the wire before `offer`. */
  constructor(options: TransportOptions, events: TransportEvents, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
    this.#connection = new PeerConnection('synthetic', {
      iceServers: [],
      disableAutoNegotiation: true,
      ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
    });
    this.#connection.onStateChange(() => this.#stateChanged());
    this.mids = this.#addTracks(options);
  }

  get connected(): boolean {
    return !this.#closed && this.#connection.state() === 'connected';
  }

  /**
   * The offer, without candidates: the server learns this side's address from its first check. Checks of the server's
   * that came before the answer would let ICE and DTLS run ahead of libdatachannel's keeping the answer's fingerprint,
   * and the handshake would fail with "unknown CA", as it does on loopback one time in ten.
   */
  async offer(): Promise<string> {
    const gathered = new Promise<void>((resolve) => {
      this.#connection.onGatheringStateChange((state) => {
        if (state === 'complete') resolve();
      });
    });
    this.#connection.setLocalDescription('offer');
    await gathered;
    return withExtensions(withoutCandidates(passive(this.#connection.localDescription()?.sdp ?? '')));
  }

  /** Applies the answer and waits for the connection. Rejects when it fails, closes or takes ten seconds. */
  connect(answer: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(CONNECT_MS, () => reject(new Error('The transport did not connect in time.')));
      this.#onState = () => {
        const state = this.#connection.state();
        if (state === 'connecting' || state === 'new') return;
        cancel();
        if (state === 'connected') resolve();
        else reject(new Error(`The transport went to "${state}" instead of connecting.`));
      };
      // A description that libdatachannel refuses throws here, which rejects.
      this.#connection.setRemoteDescription(withoutCandidates(answer), 'answer');
      for (const { candidate, mid } of candidatesOf(answer)) this.#connection.addRemoteCandidate(candidate, mid);
    });
  }

  /** Sends one RTP or RTCP packet on the m-line; false when the transport cannot. */
  send(mid: string, packet: Buffer): boolean {
    const track = this.#tracks.get(mid);
    if (this.#closed || !track?.isOpen()) return false;
    try {
      return track.sendMessageBinary(packet);
    } catch {
      // The native track may have closed between the check and the call.
      return false;
    }
  }

  /** Closes; the other side learns of it by silence unless it is told by DELETE. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost = true;
    for (const track of this.#tracks.values()) track.close();
    this.#connection.close();
  }

  #stateChanged(): void {
    if (this.#closed) return;
    this.#onState();
    const state = this.#connection.state();
    if (this.#lost || (state !== 'disconnected' && state !== 'failed' && state !== 'closed')) return;
    this.#lost = true;
    this.#events.onLost();
  }

  #addTracks(options: TransportOptions): { audio?: string; video?: string } {
    const mids: { audio?: string; video?: string } = {};
    if (options.audio) mids.audio = this.#add(audioLine('0', options));
    if (options.video) mids.video = this.#add(videoLine(mids.audio === undefined ? '0' : '1', options.video, options));
    return mids;
  }

  #add(line: Audio | Video): string {
    const track = this.#connection.addTrack(line);
    track.onMessage((bytes) => this.#events.onRtcp(bytes));
    // The binding lets go of a closed track only if somebody listens for it, and keeps the process alive till then.
    track.onClosed(() => undefined);
    this.#tracks.set(line.mid(), track);
    return line.mid();
  }
}

function audioLine(mid: string, { audioSsrc, cname }: TransportOptions): Audio {
  const line = new Audio(mid, 'SendOnly');
  line.addOpusCodec(AUDIO_PT);
  line.addSSRC(audioSsrc, cname, cname, `${cname}-audio`);
  return line;
}

function videoLine(mid: string, codec: 'h264' | 'vp8', { videoSsrc, cname }: TransportOptions): Video {
  const line = new Video(mid, 'SendOnly');
  if (codec === 'h264') line.addH264Codec(VIDEO_PT.h264);
  else line.addVP8Codec(VIDEO_PT.vp8);
  line.addSSRC(videoSsrc, cname, cname, `${cname}-video`);
  return line;
}
