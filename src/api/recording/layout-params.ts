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
  Top: canvasPixels.describe('Pixels from the top edge of the canvas.'),
  Left: canvasPixels.describe('Pixels from the left edge.'),
  Width: canvasPixels.describe('Pixels.'),
  Height: canvasPixels.describe('Pixels.'),
  UserId: userId.describe('Whose picture it is. Default: the earliest user who has no place yet.'),
  Alpha: unsigned({ max: 255 }).optional().describe('0: opaque … 255: not to be seen. Default: 0.'),
  RenderMode: choice(0, 1, 2, 3)
    .optional()
    .describe(
      '0: stretched; 1: cropped; 2: whole, with bars; 3: cropped by at most a fifth, the rest stretched. Default: 1.',
    ),
  MediaId: choice(0, 1).optional().describe('0: camera; 1: screen. Default: 0.'),
  ImageLayer: unsigned().optional().describe('Lower ones are further back. Default: 0.'),
  SubBackgroundImage: image.describe('Image in the place while there is no picture.'),
});

const markPixels = unsigned({ max: 2560 });
const markPlace = {
  Top: markPixels.describe('Pixels from the top edge.'),
  Left: markPixels.describe('Pixels from the left edge.'),
  Width: markPixels.describe('Pixels.'),
  Height: markPixels.describe('Pixels.'),
};
const font = optionalText({ maxBytes: 32, pattern: /^(Tencent|SourceHanSans)$/, form: 'Tencent or SourceHanSans' });
const watermarkSchema = z.strictObject({
  WaterMarkType: choice(0, 1, 2).optional().describe('0: image; 1: text; 2: time. Default: 0.'),
  WaterMarkImage: z
    .strictObject({ WaterMarkUrl: text(imageRule).describe('Address of the image.'), ...markPlace })
    .optional()
    .describe('Of type 0.'),
  WaterMarkChar: z
    .strictObject({
      ...markPlace,
      Chars: text({ maxBytes: 1024, opaque: true }).describe('The text.'),
      FontSize: unsigned({ min: 1, max: 1000 }).optional().describe('Pixels. Default: 14.'),
      FontColor: color.describe('Default: white.'),
      BackGroundColor: color.describe('Behind the text. Default: transparent.'),
      Font: font.describe('Tencent (the default) or SourceHanSans.'),
    })
    .optional()
    .describe('Of type 1.'),
  WaterMarkTimestamp: z
    .strictObject({
      Pos: unsigned({ max: 6 }).describe(
        '0: top left; 1: top right; 2: bottom left; 3: bottom right; 4: top; 5: bottom; 6: middle.',
      ),
      TimeZone: signed({ min: -12, max: 14 }).optional().describe('Hours from UTC. Default: 8.'),
      Font: font.describe('As above.'),
    })
    .optional()
    .describe('Of type 2: the time of the recording, drawn into every picture.'),
});

/** Who is where in a mixed picture (contract §2.6). Rules that need the canvas are judged by {@link misplaced}. */
export const layoutParamsSchema = z.strictObject({
  MixLayoutMode: choice(1, 2, 3, 4).describe(
    '1: floating, small pictures over a big one; 2: screen share, a big one beside small ones; 3: grid; 4: custom.',
  ),
  MixLayoutList: list(layoutEntrySchema, 25).optional().describe('Places of mode 4.'),
  BackGroundColor: color.describe('Where nothing else is. Default: #000000.'),
  MaxResolutionUserId: userId.describe('Modes 1 and 2: whose picture is big. Default: the earliest.'),
  MediaId: choice(0, 1).optional().describe('Which picture of that user. 0: camera; 1: screen. Default: 0.'),
  BackgroundImageUrl: image.describe('Image behind all pictures.'),
  PlaceHolderMode: choice(0, 1)
    .optional()
    .describe('1: places without a picture show their placeholder image. Default: 0.'),
  BackgroundImageRenderMode: choice(0, 1, 2, 3).optional().describe('As RenderMode. Default: 1.'),
  DefaultSubBackgroundImage: image.describe('Placeholder image of places that name none.'),
  WaterMarkList: list(watermarkSchema, 25).optional().describe('Drawn over everything.'),
  RenderMode: choice(0, 1, 2, 3)
    .optional()
    .describe('Of modes 1 to 3: how a picture meets a place of another shape, as in MixLayoutList. Default: 1.'),
  MaxResolutionUserAlign: choice(0, 1).optional().describe('Mode 2. 0: the big picture is left; 1: right. Default: 0.'),
  PureAudioDisableLayout: z
    .boolean()
    .optional()
    .describe('Modes 1 to 3: true gives users without a picture no place. Default: false.'),
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
