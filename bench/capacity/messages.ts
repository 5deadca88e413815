/** Where and as whom one publisher publishes. */
export interface PublishAs {
  readonly url: string;
  readonly token: string;
  /** Sends silence and says so, as a browser whose microphone is off. */
  readonly muted?: boolean;
}

/** What the parent tells a process of publishers. Everything is answered by {@link PublishersFigures}. */
export type PublishersAsk =
  /** Be the rooms role of that installation as well, and publish there without a network. */
  | { readonly kind: 'stand-in'; readonly dataDir: string }
  | { readonly kind: 'open'; readonly cameraFile: string; readonly sessions: readonly PublishAs[] }
  /** The first `count` of its publishers send from now on; those that do already go on. */
  | { readonly kind: 'send'; readonly count: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'figures' };

/** What a process of publishers has done. */
export interface PublishersFigures {
  /** RTP packets that went out, were refused by the transport, and went out again for NACKs. */
  readonly sent: number;
  readonly refused: number;
  readonly resent: number;
  readonly connected: number;
  /** Pictures of each publisher, in order. */
  readonly pictures: readonly number[];
  /** Milliseconds by which the latest packet went out too late. */
  readonly latestMs: number;
  /** Port of the stand-in for the rooms role, if it is one. */
  readonly port?: number;
}
