import type { MediaId } from '../room-key.ts';
import type { Rect } from './rect.ts';

/**
 * Who is where in a mixed picture and what else is drawn: MixLayoutParams of the wire (contract §2.6) after validation
 * and defaults. One value says it all, because ModifyCloudRecording replaces it as a whole (contract §2.8).
 */

/** The wire's MixLayoutMode 1, 2, 3, 4 by name (contract §2.6). */
export type LayoutMode = 'floating' | 'share' | 'grid' | 'custom';

/** How a picture meets a cell of another shape: the wire's RenderMode 0, 1, 2, 3 by name (contract §2.6). */
export type RenderMode = 'stretch' | 'crop' | 'fit' | 'smart';

/** An image somewhere on the web, and how it meets the area that it fills. */
export interface PlanImage {
  readonly url: string;
  readonly renderMode: RenderMode;
}

/** One rectangle of a custom layout. */
export interface CustomCell {
  readonly rect: Rect;
  /** Whose picture; filled in order of entry when absent. */
  readonly userId?: string | undefined;
  readonly mediaId: MediaId;
  /** 0 opaque … 255 transparent, as on the wire. */
  readonly alpha: number;
  readonly renderMode: RenderMode;
  /** Drawn ascending; equal layers in list order. */
  readonly imageLayer: number;
  /** URL of the image behind the picture, shown while there is none. */
  readonly image?: string | undefined;
}

/** Where a timestamp stands: the wire's Pos 0 to 6 by name. */
export type MarkPosition =
  | 'top-left'
  | 'top-right'
  | 'bottom-left'
  | 'bottom-right'
  | 'top-center'
  | 'bottom-center'
  | 'center';

/** Fonts of the wire; both are drawn with the font that ships with us. */
export type MarkFont = 'Tencent' | 'SourceHanSans';

/** Something drawn above all pictures. Colours are `#rrggbb`. */
export type Watermark =
  | { readonly kind: 'image'; readonly url: string; readonly rect: Rect }
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly rect: Rect;
      /** Pixels. */
      readonly fontSize: number;
      readonly colour: string;
      /** Transparent when absent. */
      readonly background?: string | undefined;
      readonly font: MarkFont;
    }
  | {
      readonly kind: 'timestamp';
      readonly position: MarkPosition;
      /** Hours east of UTC. */
      readonly timeZone: number;
      readonly font: MarkFont;
    };

/** Whose picture is the big one of a template. */
export interface BigPicture {
  /** The user's id; with `match: 'prefix'` what it begins with: the earliest of several is big (contract §2.12). */
  readonly userId: string;
  readonly mediaId: MediaId;
  readonly match?: 'prefix' | undefined;
}

/** Everything about the mixed picture that Create sets and Modify replaces. */
export interface LayoutPlan {
  readonly mode: LayoutMode;
  /** For mode `custom` only. */
  readonly custom: readonly CustomCell[];
  /** `#rrggbb` of the canvas where nothing else is. */
  readonly background: string;
  readonly backgroundImage?: PlanImage | undefined;
  /** Whose picture is big in `floating` and `share`. */
  readonly big?: BigPicture | undefined;
  /** The big area while `big` has no picture: kept free, or for the next by entry. `reserve` when absent (D-9). */
  readonly absentBig?: 'reserve' | 'promote' | undefined;
  /** Most pictures of `share`, the big one included; 25 when absent (D-7). */
  readonly sharePictures?: 24 | 25 | undefined;
  /** Most pictures of any template, the big one included; 25 when absent (contract §2.12: 8). */
  readonly mostPictures?: number | undefined;
  /** `share` only: the big picture at the right. */
  readonly alignRight: boolean;
  /** Of templates; a custom cell has its own. */
  readonly renderMode: RenderMode;
  /** Templates only: users without video take no place. */
  readonly pureAudioDisableLayout: boolean;
  /** Show the image of a custom cell whose user is not there. */
  readonly placeholders: boolean;
  /** URL of the image behind every picture that has none of its own. */
  readonly placeholderImage?: string | undefined;
  readonly watermarks: readonly Watermark[];
}

/** The layout of a request without MixLayoutParams: the grid (contract §2.1), which Modify falls back to (Q9). */
export const gridPlan: LayoutPlan = {
  mode: 'grid',
  custom: [],
  background: '#000000',
  alignRight: false,
  renderMode: 'crop',
  pureAudioDisableLayout: false,
  placeholders: false,
  watermarks: [],
};
