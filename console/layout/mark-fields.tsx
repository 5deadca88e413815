import { Button } from 'tdesign-react/es/button';
import type { WatermarkParams } from '../../src/api/recording/layout-params.ts';
import { useLanguage } from '../language.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import { boxName } from './board.tsx';
import { withMark, without } from './boxes.ts';
import { most, type ChoosingProps } from './cell-fields.tsx';
import { positionChoices } from './choices.ts';
import { CheckField, ColourField, Group, LineField, NumberField } from './inputs.tsx';
import { Picker } from './picker.tsx';
import { PlaceFields } from './place-fields.tsx';

type ImageMark = NonNullable<WatermarkParams['WaterMarkImage']>;
type TextMark = NonNullable<WatermarkParams['WaterMarkChar']>;
type TimeMark = NonNullable<WatermarkParams['WaterMarkTimestamp']>;

/** What a new one is, by WaterMarkType. */
function newMark(type: number, words: string): WatermarkParams {
  const place = { Left: 16, Top: 16, Width: 160, Height: 48 };
  if (type === 0)
    return { WaterMarkType: 0, WaterMarkImage: { WaterMarkUrl: 'https://example.com/logo.png', ...place } };
  if (type === 1) return { WaterMarkType: 1, WaterMarkChar: { Chars: words, ...place, FontSize: 24 } };
  return { WaterMarkType: 2, WaterMarkTimestamp: { Pos: 1, TimeZone: hoursEast() } };
}

/** Of the browser's own place; the wire takes whole hours. */
const hoursEast = (): number => Math.min(Math.max(Math.round(-new Date().getTimezoneOffset() / 60), -12), 14);

/** Images, texts and timestamps above the pictures. */
export function MarkFields({ design, onChange, chosen, onChoose }: ChoosingProps) {
  const { t } = useLanguage();
  const { layout } = design;
  const marks = layout.WaterMarkList ?? [];
  const index = chosen?.list === 'marks' ? chosen.index : -1;
  const mark = marks[index];
  const add = (type: number): void => {
    const added = newMark(type, t('layout.sampleText'));
    onChange({ ...design, layout: { ...layout, WaterMarkList: [...marks, added] } });
    onChoose({ list: 'marks', index: marks.length });
  };
  const remove = (): void => {
    onChoose(undefined);
    onChange({ ...design, layout: without(layout, { list: 'marks', index }) });
  };
  const set = (next: WatermarkParams): void => onChange({ ...design, layout: withMark(layout, index, () => next) });
  return (
    <Group title={t('layout.marks')}>
      <Picker
        names={marks.map((_, i) => boxName({ list: 'marks', index: i }, t))}
        chosen={index}
        onChoose={(next) => onChoose({ list: 'marks', index: next })}
      />
      <span className="buttons whole">
        {([0, 1, 2] as const).map((type) => (
          <Button key={type} variant="outline" disabled={marks.length >= most} onClick={() => add(type)}>
            {t(`layout.addMark.${type}`)}
          </Button>
        ))}
        {marks.length >= most && <span className="quiet">{t('layout.most', { n: most })}</span>}
      </span>
      {mark && (
        <>
          <MarkForm key={index} mark={mark} onChange={set} />
          <span className="buttons whole">
            <Button theme="danger" variant="outline" onClick={remove}>
              {t('layout.remove')}
            </Button>
          </span>
        </>
      )}
    </Group>
  );
}

interface FormProps<T> {
  readonly mark: T;
  readonly onChange: (mark: T) => void;
}

function MarkForm({ mark, onChange }: FormProps<WatermarkParams>) {
  const { WaterMarkType: type = 0, WaterMarkImage: image, WaterMarkChar: text, WaterMarkTimestamp: time } = mark;
  if (type === 0 && image) {
    return <ImageForm mark={image} onChange={(WaterMarkImage) => onChange({ ...mark, WaterMarkImage })} />;
  }
  if (type === 1 && text) {
    return <TextForm mark={text} onChange={(WaterMarkChar) => onChange({ ...mark, WaterMarkChar })} />;
  }
  if (!time) return null;
  return <TimeForm mark={time} onChange={(WaterMarkTimestamp) => onChange({ ...mark, WaterMarkTimestamp })} />;
}

function ImageForm({ mark, onChange }: FormProps<ImageMark>) {
  const { t } = useLanguage();
  return (
    <>
      <LineField
        isLong
        label={t('layout.markUrl')}
        value={mark.WaterMarkUrl}
        onChange={(WaterMarkUrl) => onChange({ ...mark, WaterMarkUrl })}
      />
      <PlaceFields place={mark} most={2560} onChange={(place) => onChange({ ...mark, ...place })} />
    </>
  );
}

function TextForm({ mark, onChange }: FormProps<TextMark>) {
  const { t } = useLanguage();
  const hasGround = Boolean(mark.BackGroundColor);
  return (
    <>
      <LineField
        isLong
        label={t('layout.chars')}
        value={mark.Chars}
        onChange={(Chars) => onChange({ ...mark, Chars })}
      />
      <PlaceFields place={mark} most={2560} onChange={(place) => onChange({ ...mark, ...place })} />
      <NumberField
        label={t('layout.fontSize')}
        value={mark.FontSize ?? 14}
        min={1}
        max={1000}
        onChange={(FontSize) => onChange({ ...mark, FontSize })}
      />
      <ColourField
        label={t('layout.fontColour')}
        value={mark.FontColor || '#ffffff'}
        onChange={(FontColor) => onChange({ ...mark, FontColor })}
      />
      <CheckField
        label={t('layout.hasTextGround')}
        isOn={hasGround}
        onChange={(isOn) => onChange({ ...mark, BackGroundColor: isOn ? '#000000' : '' })}
      />
      {hasGround && (
        <ColourField
          label={t('layout.textGround')}
          value={mark.BackGroundColor ?? ''}
          onChange={(BackGroundColor) => onChange({ ...mark, BackGroundColor })}
        />
      )}
    </>
  );
}

function TimeForm({ mark, onChange }: FormProps<TimeMark>) {
  const { t } = useLanguage();
  return (
    <>
      <ChoiceField
        label={t('layout.pos')}
        value={String(mark.Pos)}
        options={positionChoices(t)}
        onChange={(value) => onChange({ ...mark, Pos: Number(value) })}
      />
      <NumberField
        label={t('layout.timeZone')}
        value={mark.TimeZone ?? 8}
        min={-12}
        max={14}
        onChange={(TimeZone) => onChange({ ...mark, TimeZone })}
      />
    </>
  );
}
