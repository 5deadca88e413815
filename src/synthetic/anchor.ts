import { systemClock, type CancelTimer, type Clock } from '../clock.ts';
import { Publication, type PublicationStats } from './publication.ts';
import { TestMedia, type MuteKind, type TestMediaOptions } from './test-media.ts';
import type { CodedPicture } from './video-encoder.ts';
import type { WallUs } from '../units.ts';
import { WhipError } from './whip-client.ts';

/** Everything that can be said of a synthetic anchor; only `url`, `token`, `name` and `colour` must be. */
export interface SyntheticAnchorOptions {
  /** Full WHIP URL: `http://host:port/whip/{SdkAppId}/{RoomId}/{UserId}[?media=aux]`. */
  readonly url: string;
  /** UserSig, sent as the bearer. */
  readonly token: string;
  /** Shown in the picture. */
  readonly name: string;
  /** `#rrggbb`, the ground of the picture. */
  readonly colour: string;
  /** `screen` changes the pattern and the defaults to 1280×720 at 5 fps without sound. */
  readonly kind?: 'camera' | 'screen';
  /** Pixels, even; 640. */
  readonly width?: number;
  /** Pixels, even; 360. */
  readonly height?: number;
  /** Whole pictures a second; 15. */
  readonly fps?: number;
  /** Bits per second of video; 500,000. */
  readonly bitrate?: number;
  /** Tone of the beep; 1000. */
  readonly beepHz?: number;
  readonly codec?: 'h264' | 'vp8';
  readonly audio?: boolean;
  readonly video?: boolean;
  /** Noise at both sides of the picture, so that all of `bitrate` is used; off. */
  readonly grain?: boolean;
  /** Publish anew, with back-off, whenever the server or the transport is lost; off. */
  readonly reconnect?: boolean;
  /** Address to bind; needed only where loopback is the sole interface. */
  readonly bindAddress?: string;
}

/** What only an anchor in this process can have. */
export interface SyntheticAnchorHooks {
  readonly clock?: Clock;
  /** Sees every coded picture as it is sent: the reference for a byte-exact comparison. */
  readonly onPicture?: (picture: CodedPicture, at: WallUs) => void;
  readonly log?: (message: string) => void;
}

/** Counters and state of a synthetic anchor; they add up over reconnects. */
export interface SyntheticAnchorStats {
  readonly state: 'connecting' | 'connected' | 'waiting' | 'closed';
  readonly connects: number;
  readonly pictures: number;
  readonly keyFrames: number;
  readonly sounds: number;
  readonly skipped: number;
  readonly packets: number;
  readonly bytes: number;
  readonly sendFailures: number;
  readonly retransmitted: number;
  readonly keyFrameRequests: number;
  /** RTCP datagrams from the receiver. */
  readonly reportsHeard: number;
}

/** A running anchor, in this process or in one of its own. */
export interface SyntheticAnchor {
  readonly name: string;
  readonly closed: boolean;
  /** `how` is `silent` unless told: silence, as a browser's disabled track. `stop` sends nothing at all. */
  muteAudio(muted: boolean, how?: MuteKind): void;
  /** As `muteAudio`, with black pictures. */
  muteVideo(muted: boolean, how?: MuteKind): void;
  stats(): SyntheticAnchorStats;
  /** Leaves by DELETE. Idempotent. */
  close(): Promise<void>;
  /** Vanishes without a DELETE: the server is left to find out by silence. An anchor's own process is killed. */
  kill(): void;
}

const FIRST_TRIES = 4;
const BACKOFF_MS = [200, 400, 800, 1_600, 3_000] as const;
const CAMERA = { width: 640, height: 360, fps: 15, bitrate: 500_000, audio: true };
const SCREEN = { width: 1280, height: 720, fps: 5, bitrate: 800_000, audio: false };

/**
 * Publishes the test pattern by WHIP and resolves when media flows. Rejects with a WhipError when the endpoint refuses
 * (with `reconnect`, refusals are waited out instead) and with a RangeError for impossible options.
 */
export async function startSyntheticAnchor(
  options: SyntheticAnchorOptions,
  hooks: SyntheticAnchorHooks = {},
): Promise<SyntheticAnchor> {
  const anchor = new LocalAnchor(options, hooks);
  await anchor.start();
  return anchor;
}

type Totals = {
  -readonly [Key in keyof PublicationStats]: number;
};

class LocalAnchor implements SyntheticAnchor {
  readonly name: string;
  readonly #options: SyntheticAnchorOptions;
  readonly #hooks: SyntheticAnchorHooks;
  readonly #clock: Clock;
  readonly #past: Totals = {
    packets: 0,
    bytes: 0,
    sendFailures: 0,
    retransmitted: 0,
    keyFrameRequests: 0,
    reportsHeard: 0,
  };
  #media: TestMedia | undefined;
  #publication: Publication | undefined;
  #state: SyntheticAnchorStats['state'] = 'connecting';
  #connects = 0;
  #cancelWait: CancelTimer = () => undefined;
  #wake: () => void = () => undefined;

  constructor(options: SyntheticAnchorOptions, hooks: SyntheticAnchorHooks) {
    this.name = options.name;
    this.#options = options;
    this.#hooks = hooks;
    this.#clock = hooks.clock ?? systemClock();
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  async start(): Promise<void> {
    const sink = {
      onPicture: (picture: CodedPicture, at: WallUs) => this.#sendPicture(picture, at),
      onSound: (data: Buffer, at: WallUs, level: number) => this.#publication?.sendSound(data, at, level),
    };
    this.#media = await TestMedia.open(mediaOptions(this.#options), sink, this.#clock);
    try {
      await this.#connect();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  muteAudio(muted: boolean, how: MuteKind = 'silent'): void {
    this.#media?.muteAudio(muted ? how : undefined);
  }

  muteVideo(muted: boolean, how: MuteKind = 'silent'): void {
    this.#media?.muteVideo(muted ? how : undefined);
  }

  stats(): SyntheticAnchorStats {
    const sent: Totals = { ...this.#past };
    if (this.#publication) addTo(sent, this.#publication.stats);
    const media = this.#media?.stats ?? { pictures: 0, sounds: 0, keyFrames: 0, skipped: 0 };
    return { state: this.#state, connects: this.#connects, ...media, ...sent };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.#end();
    await this.#retire()?.close();
  }

  kill(): void {
    if (this.closed) return;
    this.#end();
    this.#retire()?.abandon();
  }

  #end(): void {
    this.#state = 'closed';
    this.#cancelWait();
    this.#wake();
    this.#media?.close();
  }

  #sendPicture(picture: CodedPicture, at: WallUs): void {
    this.#publication?.sendPicture(picture.data, at);
    this.#hooks.onPicture?.(picture, at);
  }

  /** Tries until connected, closed, or out of tries. */
  async #connect(): Promise<void> {
    for (let attempt = 0; !this.closed; attempt += 1) {
      this.#state = 'connecting';
      try {
        return await this.#publish();
      } catch (error) {
        if (this.closed) return;
        if (!this.#mayRetry(error, attempt)) throw error;
        this.#hooks.log?.(`${this.name}: ${String(error)}; trying again`);
        await this.#wait(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!);
      }
    }
  }

  async #publish(): Promise<void> {
    const { url, token, name, bindAddress } = this.#options;
    const { audio, video, codec } = mediaOptions(this.#options);
    const options = {
      url,
      token,
      cname: encodeURIComponent(name).slice(0, 32),
      audio,
      video: video ? codec : undefined,
      ...(bindAddress === undefined ? {} : { bindAddress }),
    };
    const events = { onKeyFrameWanted: () => this.#media?.wantKeyFrame(), onLost: () => this.#lost() };
    const publication = await Publication.open(options, events, this.#clock);
    if (this.closed) return publication.close();
    this.#publication = publication;
    this.#connects += 1;
    this.#state = 'connected';
    this.#media?.start();
  }

  /** A transport that does not come up gets another try; an HTTP refusal is final. */
  #mayRetry(error: unknown, attempt: number): boolean {
    if (this.#options.reconnect) return true;
    return !(error instanceof WhipError) && attempt + 1 < FIRST_TRIES;
  }

  #lost(): void {
    if (this.closed) return;
    this.#hooks.log?.(`${this.name}: transport lost`);
    this.#media?.pause();
    this.#retire()?.abandon();
    this.#state = 'waiting';
    if (!this.#options.reconnect) return;
    this.#connect().catch((error: unknown) => this.#hooks.log?.(`${this.name}: gave up: ${String(error)}`));
  }

  #retire(): Publication | undefined {
    const publication = this.#publication;
    this.#publication = undefined;
    if (publication)
      for (const key of Object.keys(this.#past) as (keyof Totals)[]) this.#past[key] += publication.stats[key];
    return publication;
  }

  #wait(ms: number): Promise<void> {
    this.#state = 'waiting';
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#cancelWait = this.#clock.after(ms, resolve);
    });
  }
}

function addTo(totals: Totals, more: Totals): void {
  for (const key of Object.keys(totals) as (keyof Totals)[]) totals[key] += more[key];
}

function mediaOptions(options: SyntheticAnchorOptions): TestMediaOptions {
  const kind = options.kind ?? 'camera';
  const defaults = kind === 'screen' ? SCREEN : CAMERA;
  return {
    kind,
    name: options.name,
    colour: options.colour,
    width: options.width ?? defaults.width,
    height: options.height ?? defaults.height,
    fps: options.fps ?? defaults.fps,
    bitrate: options.bitrate ?? defaults.bitrate,
    beepHz: options.beepHz ?? 1_000,
    codec: options.codec ?? 'h264',
    audio: options.audio ?? defaults.audio,
    video: options.video ?? true,
    grain: options.grain ?? false,
  };
}
