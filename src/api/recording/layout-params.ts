import { z } from 'zod';
import { choice, list, optionalText, signed, text, unsigned } from '../fields.ts';

const userId = optionalText({ maxBytes: 128 });

/** `#RRGGBB` in layouts and `0xRRGGBB` in watermarks; both forms are taken in both (contract §2.6, DEC). */
const color = optionalText({ maxBytes: 8, pattern: /^(#|0x)[0-9A-Fa-f]{6}$/, form: 'a colour like #RRGGBB' });

/** Image addresses: extension at the end of the path, the contract's character set (§2.6). */
const imageRule = {
  maxBytes: 4096,
  pattern: /^https?:\/\/[\w\-.~:/[\]@!&()*+,%=]+\.(jpg|jpeg|png)(\?[\w\-.~:/?#[\]@!&()*+,%=]*)?$/i,
  form: 'an http or https URL that ends in .jpg, .jpeg or .png',
};
const image = optionalText(imageRule);

const canvasPixels = unsigned({ max: 1920 });
const layoutEntrySchema = z.strictObject({
  Top: canvasPixels,
  Left: canvasPixels,
  Width: canvasPixels,
  Height: canvasPixels,
  UserId: userId,
  Alpha: unsigned({ max: 255 }).optional(),
  RenderMode: choice(0, 1, 2, 3).optional(),
  MediaId: choice(0, 1).optional(),
  ImageLayer: unsigned().optional(),
  SubBackgroundImage: image,
});

const markPixels = unsigned({ max: 2560 });
const markPlace = { Top: markPixels, Left: markPixels, Width: markPixels, Height: markPixels };
const font = optionalText({ maxBytes: 32, pattern: /^(Tencent|SourceHanSans)$/, form: 'Tencent or SourceHanSans' });
const watermarkSchema = z.strictObject({
  WaterMarkType: choice(0, 1, 2).optional(),
  WaterMarkImage: z.strictObject({ WaterMarkUrl: text(imageRule), ...markPlace }).optional(),
  WaterMarkChar: z
    .strictObject({
      ...markPlace,
      Chars: text({ maxBytes: 1024, opaque: true }),
      FontSize: unsigned({ min: 1, max: 1000 }).optional(),
      FontColor: color,
      BackGroundColor: color,
      Font: font,
    })
    .optional(),
  WaterMarkTimestamp: z
    .strictObject({
      Pos: unsigned({ max: 6 }),
      TimeZone: signed({ min: -12, max: 14 }).optional(),
      Font: font,
    })
    .optional(),
});

/** Who is where in a mixed picture (contract §2.6). Rules that need the canvas are judged by {@link misplaced}. */
export const layoutParamsSchema = z.strictObject({
  MixLayoutMode: choice(1, 2, 3, 4),
  MixLayoutList: list(layoutEntrySchema, 25).optional(),
  BackGroundColor: color,
  MaxResolutionUserId: userId,
  MediaId: choice(0, 1).optional(),
  BackgroundImageUrl: image,
  PlaceHolderMode: choice(0, 1).optional(),
  BackgroundImageRenderMode: choice(0, 1, 2, 3).optional(),
  DefaultSubBackgroundImage: image,
  WaterMarkList: list(watermarkSchema, 25).optional(),
  RenderMode: choice(0, 1, 2, 3).optional(),
  MaxResolutionUserAlign: choice(0, 1).optional(),
  PureAudioDisableLayout: z.boolean().optional(),
});

/** Who is where in a mixed picture, as the wire names it. */
export type LayoutParams = z.infer<typeof layoutParamsSchema>;
/** One entry of MixLayoutList. */
export type LayoutEntry = z.infer<typeof layoutEntrySchema>;
/** One entry of WaterMarkList. */
export type WatermarkParams = z.infer<typeof watermarkSchema>;

interface Placed {
  readonly Top: number;
  readonly Left: number;
  readonly Width: number;
  readonly Height: number;
}

const fits = ({ Top, Left, Width, Height }: Placed, canvas: { width: number; height: number }): boolean =>
  Left + Width <= canvas.width && Top + Height <= canvas.height;

/** Path of the first rectangle that leaves the canvas, below MixLayoutParams; entries count in custom layout only. */
export function misplaced(layout: LayoutParams, canvas: { width: number; height: number }): string | undefined {
  const entries = layout.MixLayoutMode === 4 ? (layout.MixLayoutList ?? []) : [];
  const entry = entries.findIndex((placed) => !fits(placed, canvas));
  if (entry >= 0) return `MixLayoutList.${entry}`;
  for (const [index, { WaterMarkImage, WaterMarkChar }] of (layout.WaterMarkList ?? []).entries()) {
    if (WaterMarkImage && !fits(WaterMarkImage, canvas)) return `WaterMarkList.${index}.WaterMarkImage`;
    if (WaterMarkChar && !fits(WaterMarkChar, canvas)) return `WaterMarkList.${index}.WaterMarkChar`;
  }
  return undefined;
}

/** Path of the first watermark child that its type asks for and that is absent, below MixLayoutParams (contract C33). */
export function missingWatermark(layout: LayoutParams): string | undefined {
  const children = ['WaterMarkImage', 'WaterMarkChar', 'WaterMarkTimestamp'] as const;
  for (const [index, mark] of (layout.WaterMarkList ?? []).entries()) {
    const child = children[mark.WaterMarkType ?? 0] ?? 'WaterMarkImage';
    if (!mark[child]) return `WaterMarkList.${index}.${child}`;
  }
  return undefined;
}
