import {
  gridPlan,
  type CustomCell,
  type LayoutPlan,
  type RenderMode,
  type Watermark,
} from '../../layout/layout-plan.ts';
import type { Compat } from '../../config/compat.ts';
import { rect, type Rect } from '../../layout/rect.ts';
import type { MediaId } from '../../room-key.ts';
import { given } from '../fields.ts';
import type { LayoutEntry, LayoutParams, WatermarkParams } from './layout-params.ts';

const modes = ['grid', 'floating', 'share', 'grid', 'custom'] as const satisfies readonly LayoutPlan['mode'][];
const renderModes = ['stretch', 'crop', 'fit', 'smart'] as const satisfies readonly RenderMode[];
const positions = [
  'top-left',
  'top-right',
  'bottom-left',
  'bottom-right',
  'top-center',
  'bottom-center',
  'center',
] as const satisfies readonly Extract<Watermark, { kind: 'timestamp' }>['position'][];

const renderMode = (wire: number | undefined): RenderMode => renderModes[wire ?? 1] ?? 'crop';
const mediaId = (wire: number | undefined): MediaId => (wire === 1 ? 'aux' : 'main');
const place = ({ Left, Top, Width, Height }: { Left: number; Top: number; Width: number; Height: number }): Rect =>
  rect(Left, Top, Width, Height);

/** `#rrggbb` of either form of the wire; undefined when none was given. */
const colour = (wire: string | undefined): string | undefined => given(wire)?.replace(/^0x/i, '#').toLowerCase();

/** Which answers of contract §0.2 a layout follows. The plan carries them, so that recorders need no configuration. */
export type LayoutCompat = Pick<Compat, 'share_pictures' | 'absent_big_user'>;

/** MixLayoutParams with the defaults of contract §2.6; the grid when there are none. `compat` decides D-7 and D-9. */
export function toLayoutPlan(params: LayoutParams | undefined, compat: LayoutCompat): LayoutPlan {
  if (!params) return gridPlan;
  const bigUser = given(params.MaxResolutionUserId);
  const background = given(params.BackgroundImageUrl);
  return {
    mode: modes[params.MixLayoutMode] ?? 'grid',
    custom: (params.MixLayoutList ?? []).map(customCell),
    background: colour(params.BackGroundColor) ?? gridPlan.background,
    ...(background && {
      backgroundImage: { url: background, renderMode: renderMode(params.BackgroundImageRenderMode) },
    }),
    ...(bigUser && { big: { userId: bigUser, mediaId: mediaId(params.MediaId) } }),
    ...(compat.absent_big_user === 'promote' && { absentBig: 'promote' }),
    ...(compat.share_pictures === 24 && { sharePictures: 24 }),
    alignRight: params.MaxResolutionUserAlign === 1,
    renderMode: renderMode(params.RenderMode),
    pureAudioDisableLayout: params.PureAudioDisableLayout ?? false,
    placeholders: params.PlaceHolderMode === 1,
    placeholderImage: given(params.DefaultSubBackgroundImage),
    watermarks: (params.WaterMarkList ?? []).map(watermark),
  };
}

const customCell = (entry: LayoutEntry): CustomCell => ({
  rect: place(entry),
  userId: given(entry.UserId),
  mediaId: mediaId(entry.MediaId),
  alpha: entry.Alpha ?? 0,
  renderMode: renderMode(entry.RenderMode),
  imageLayer: entry.ImageLayer ?? 0,
  image: given(entry.SubBackgroundImage),
});

/** The child that its type asks for is there: that was checked before (contract C33). */
function watermark({ WaterMarkType, WaterMarkImage, WaterMarkChar, WaterMarkTimestamp }: WatermarkParams): Watermark {
  if (WaterMarkType === 1) return textMark(WaterMarkChar!);
  if (WaterMarkType === 2) return timestampMark(WaterMarkTimestamp!);
  return { kind: 'image', url: WaterMarkImage!.WaterMarkUrl, rect: place(WaterMarkImage!) };
}

const textMark = (mark: NonNullable<WatermarkParams['WaterMarkChar']>): Watermark => ({
  kind: 'text',
  text: mark.Chars,
  rect: place(mark),
  fontSize: mark.FontSize ?? 14,
  colour: colour(mark.FontColor) ?? '#ffffff',
  background: colour(mark.BackGroundColor),
  font: fontOf(mark.Font),
});

const timestampMark = (mark: NonNullable<WatermarkParams['WaterMarkTimestamp']>): Watermark => ({
  kind: 'timestamp',
  position: positions[mark.Pos] ?? 'top-left',
  timeZone: mark.TimeZone ?? 8,
  font: fontOf(mark.Font),
});

const fontOf = (wire: string | undefined) =>
  wire === 'SourceHanSans' ? ('SourceHanSans' as const) : ('Tencent' as const);
