import type { LayoutEntry, LayoutParams, WatermarkParams } from '../../src/api/recording/layout-params.ts';
import { toLayoutPlan, type LayoutCompat } from '../../src/api/recording/layout-plan.ts';
import type { TranscodeParams } from '../../src/api/recording/transcode-params.ts';
import type { LayoutPlan } from '../../src/layout/layout-plan.ts';
import { layoutPictures, type LayoutPicture } from '../../src/layout/layout-pictures.ts';
import { evenCanvas, type Size } from '../../src/layout/rect.ts';
import { picturesOf, type Scene } from './scene.ts';

/** Coding of the picture, as the wire names it. */
export type VideoParams = NonNullable<TranscodeParams['VideoParams']>;

/** What is being designed. */
export interface Design {
  readonly video: VideoParams;
  /** Holds what has no effect in its mode as well, so that it is back when the mode is. */
  readonly layout: LayoutParams;
  readonly scene: Scene;
}

/** The parameters of CreateCloudRecording that say a design. */
export interface DesignRequest {
  readonly MixTranscodeParams: { readonly VideoParams: VideoParams };
  readonly MixLayoutParams: LayoutParams;
}

/** What the API takes where a request says nothing (contract §2.5). */
export const apiVideo: VideoParams = { Width: 360, Height: 640, Fps: 15, BitRate: 550_000, Gop: 10 };

/** A bit rate for a size, as the API's own is for its own; larger pictures need less for each pixel. */
const fittingBitRate = ({ Width, Height }: Pick<VideoParams, 'Width' | 'Height'>): number => {
  const wanted = apiVideo.BitRate * ((Width * Height) / (apiVideo.Width * apiVideo.Height)) ** 0.75;
  return Math.min(Math.max(10_000 * Math.round(wanted / 10_000), 64_000), 8_192_000);
};

/** The coding with another size; a bit rate that somebody chose stays. */
export function videoOf({ width, height }: Size, before: VideoParams): VideoParams {
  const wasOurs = before.BitRate === fittingBitRate(before);
  const size = { Width: width, Height: height };
  return { ...before, ...size, BitRate: wasOurs ? fittingBitRate(size) : before.BitRate };
}

/** Where somebody begins. */
export const firstDesign: Design = {
  video: videoOf({ width: 1280, height: 720 }, apiVideo),
  layout: { MixLayoutMode: 3 },
  scene: { count: 4, heard: 0, bigAway: false },
};

/** What the API does without an entry. */
const cellDefaults: Partial<LayoutEntry> = { Alpha: 0, RenderMode: 1, MediaId: 0, ImageLayer: 0 };
const layoutDefaults: Partial<LayoutParams> = {
  BackGroundColor: '#000000',
  MediaId: 0,
  PlaceHolderMode: 0,
  BackgroundImageRenderMode: 1,
  RenderMode: 1,
  MaxResolutionUserAlign: 0,
  PureAudioDisableLayout: false,
};

/** Without what says nothing: the absent, the empty and the defaults. */
function lean<T extends object>(value: T, defaults: Partial<T>): T {
  const says = ([name, member]: [string, unknown]): boolean =>
    member !== undefined && member !== '' && member !== defaults[name as keyof T];
  return Object.fromEntries(Object.entries(value).filter(says)) as T;
}

/** What of a layout has no effect in its mode (contract §2.6). */
function idle({ MixLayoutMode: mode, MaxResolutionUserId, BackgroundImageUrl }: LayoutParams): Partial<LayoutParams> {
  const none = undefined;
  return {
    ...(mode === 4
      ? { RenderMode: none, PureAudioDisableLayout: none }
      : { MixLayoutList: none, PlaceHolderMode: none }),
    ...(mode > 2 && { MaxResolutionUserId: none }),
    ...((mode > 2 || !MaxResolutionUserId) && { MediaId: none }),
    ...(mode !== 2 && { MaxResolutionUserAlign: none }),
    ...(!BackgroundImageUrl && { BackgroundImageRenderMode: none }),
  };
}

/** The design in the words of the API, which mean just what is drawn. */
export function requestOf({ video, layout }: Design): DesignRequest {
  const { MixLayoutMode, MixLayoutList = [], WaterMarkList = [], ...rest } = { ...layout, ...idle(layout) };
  const cells = MixLayoutList.map((cell) => lean(cell, cellDefaults));
  const marks = WaterMarkList.map(leanMark);
  return {
    MixTranscodeParams: { VideoParams: video },
    MixLayoutParams: {
      MixLayoutMode,
      ...lean(rest, layoutDefaults),
      ...(cells.length > 0 && { MixLayoutList: cells }),
      ...(marks.length > 0 && { WaterMarkList: marks }),
    },
  };
}

const leanMark = (mark: WatermarkParams): WatermarkParams => ({
  ...mark,
  ...(mark.WaterMarkChar && { WaterMarkChar: lean(mark.WaterMarkChar, {}) }),
});

/** A design as the compositor is given it. */
export interface DesignView {
  readonly canvas: Size;
  readonly plan: LayoutPlan;
  readonly pictures: readonly LayoutPicture[];
}

/** What is drawn of a design: the plan that the server makes of its request, for the people of its scene. */
export function viewOf(design: Design, compat: LayoutCompat): DesignView {
  const { MixLayoutParams, MixTranscodeParams } = requestOf(design);
  const { Width: width, Height: height } = MixTranscodeParams.VideoParams;
  return {
    canvas: evenCanvas({ width, height }),
    plan: toLayoutPlan(MixLayoutParams, compat),
    pictures: picturesOf(MixLayoutParams, design.scene),
  };
}

/** The design in another mode. The first rectangles of one's own are those that are seen now. */
export function withMode(design: Design, mode: number, compat: LayoutCompat): Design {
  const { layout } = design;
  const isEmpty = (layout.MixLayoutList ?? []).length === 0;
  const cells = mode === 4 && isEmpty ? { MixLayoutList: cellsOf(viewOf(design, compat)) } : {};
  return { ...design, layout: { ...layout, ...cells, MixLayoutMode: mode } };
}

const cellsOf = ({ canvas, plan, pictures }: DesignView): LayoutEntry[] =>
  layoutPictures(plan, canvas, pictures).map(({ rect }, layer) => ({
    Left: rect.left,
    Top: rect.top,
    Width: rect.width,
    Height: rect.height,
    // A full picture under small ones stays under them.
    ...(plan.mode === 'floating' && { ImageLayer: layer }),
  }));
