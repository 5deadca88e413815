import type { SyntheticAnchorOptions, SyntheticAnchorStats } from './anchor.ts';
import type { MuteKind } from './test-media.ts';

/** What the owner tells an anchor's process. The first message is `start`. */
export type AnchorCommand =
  | { readonly kind: 'start'; readonly options: SyntheticAnchorOptions; readonly dumpFile?: string }
  | { readonly kind: 'mute'; readonly media: 'audio' | 'video'; readonly muted: boolean; readonly how: MuteKind }
  | { readonly kind: 'close' };

/** What an anchor's process tells its owner. */
export type AnchorReport =
  | { readonly kind: 'started' }
  | { readonly kind: 'failed'; readonly status: number | undefined; readonly message: string }
  | { readonly kind: 'stats'; readonly stats: SyntheticAnchorStats }
  | { readonly kind: 'log'; readonly message: string };
