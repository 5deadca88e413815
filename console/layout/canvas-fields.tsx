import type { LayoutParams } from '../../src/api/recording/layout-params.ts';
import type { Size } from '../../src/layout/rect.ts';
import { useLanguage } from '../language.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import { renderChoices } from './choices.ts';
import { apiVideo, videoOf, type Design } from './design.ts';
import { CheckField, ColourField, Group, LineField, NumberField } from './inputs.tsx';

/** What every group of fields is given. */
export interface FieldsProps {
  readonly design: Design;
  readonly onChange: (design: Design) => void;
}

const sizes: readonly Size[] = [
  { width: apiVideo.Width, height: apiVideo.Height },
  { width: 640, height: 480 },
  { width: 1280, height: 720 },
  { width: 720, height: 1280 },
  { width: 1920, height: 1080 },
  { width: 1080, height: 1920 },
];
const textOf = ({ width, height }: Size): string => `${width}×${height}`;

/** Size of the picture. */
export function SizeFields({ design, onChange }: FieldsProps) {
  const { t } = useLanguage();
  const { Width: width, Height: height } = design.video;
  const resize = (size: Size): void => onChange({ ...design, video: videoOf(size, design.video) });
  const known = sizes.find((size) => textOf(size) === textOf({ width, height }));
  return (
    <>
      <ChoiceField
        label={t('layout.size')}
        value={known ? textOf(known) : ''}
        options={[
          ...sizes.map((size) => ({ value: textOf(size), text: textOf(size) })),
          { value: '', text: t('layout.size.own') },
        ]}
        onChange={(value) => resize(sizes.find((size) => textOf(size) === value) ?? { width, height })}
      />
      <NumberField
        label={t('layout.width')}
        value={width}
        min={16}
        max={1920}
        onChange={(next) => resize({ width: next, height })}
      />
      <NumberField
        label={t('layout.height')}
        value={height}
        min={16}
        max={1920}
        onChange={(next) => resize({ width, height: next })}
      />
    </>
  );
}

/** What is behind the pictures. */
export function GroundFields({ design, onChange }: FieldsProps) {
  const { t } = useLanguage();
  const { layout } = design;
  const set = (change: Partial<LayoutParams>): void => onChange({ ...design, layout: { ...layout, ...change } });
  return (
    <Group title={t('layout.ground')}>
      <ColourField
        label={t('layout.colour')}
        value={layout.BackGroundColor ?? '#000000'}
        onChange={(BackGroundColor) => set({ BackGroundColor })}
      />
      <LineField
        isLong
        label={t('layout.groundImage')}
        value={layout.BackgroundImageUrl ?? ''}
        onChange={(BackgroundImageUrl) => set({ BackgroundImageUrl })}
      />
      {layout.BackgroundImageUrl && (
        <ChoiceField
          label={t('layout.groundRender')}
          value={String(layout.BackgroundImageRenderMode ?? 1)}
          options={renderChoices(t)}
          onChange={(value) => set({ BackgroundImageRenderMode: Number(value) })}
        />
      )}
      <LineField
        isLong
        label={t('layout.subImage')}
        value={layout.DefaultSubBackgroundImage ?? ''}
        onChange={(DefaultSubBackgroundImage) => set({ DefaultSubBackgroundImage })}
      />
      {layout.MixLayoutMode === 4 && (
        <CheckField
          label={t('layout.placeholders')}
          isOn={layout.PlaceHolderMode === 1}
          onChange={(isOn) => set({ PlaceHolderMode: isOn ? 1 : 0 })}
        />
      )}
    </Group>
  );
}
