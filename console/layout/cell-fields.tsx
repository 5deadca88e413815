import { Button } from 'tdesign-react/es/button';
import type { LayoutEntry } from '../../src/api/recording/layout-params.ts';
import { evenCanvas } from '../../src/layout/rect.ts';
import { useLanguage } from '../language.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import { boxName } from './board.tsx';
import { toEnd, withCell, without, type BoxKey } from './boxes.ts';
import type { FieldsProps } from './canvas-fields.tsx';
import { mediaChoices, renderChoices } from './choices.ts';
import { Group, LineField, NumberField } from './inputs.tsx';
import { Picker } from './picker.tsx';
import { PlaceFields } from './place-fields.tsx';

/** Most rectangles, and most watermarks, of a layout (contract §2.6). */
export const most = 25;

/** What can be chosen. */
export interface ChoosingProps extends FieldsProps {
  readonly chosen: BoxKey | undefined;
  readonly onChoose: (key: BoxKey | undefined) => void;
}

/** A custom layout's rectangles. */
export function CellFields({ design, onChange, chosen, onChoose }: ChoosingProps) {
  const { t } = useLanguage();
  const { layout } = design;
  const cells = layout.MixLayoutList ?? [];
  const index = chosen?.list === 'cells' ? chosen.index : -1;
  const cell = cells[index];
  const add = (): void => {
    onChange({ ...design, layout: { ...layout, MixLayoutList: [...cells, newCell(design, cells.length)] } });
    onChoose({ list: 'cells', index: cells.length });
  };
  return (
    <Group title={t('layout.cells')}>
      <Picker
        names={cells.map((_, i) => boxName({ list: 'cells', index: i }, t))}
        chosen={index}
        onChoose={(next) => onChoose({ list: 'cells', index: next })}
      />
      <span className="buttons whole">
        <Button variant="outline" disabled={cells.length >= most} onClick={add}>
          {t('layout.addCell')}
        </Button>
        {cells.length >= most && <span className="quiet">{t('layout.most', { n: most })}</span>}
        {cells.length === 0 && <span className="quiet">{t('layout.noCells')}</span>}
      </span>
      {cell && <CellForm key={index} {...{ design, onChange, onChoose, index, cell }} />}
    </Group>
  );
}

/** A quarter of the canvas, each a little further than the one before. */
function newCell({ video }: FieldsProps['design'], place: number): LayoutEntry {
  const { width, height } = evenCanvas({ width: video.Width, height: video.Height });
  const [w, h] = [2 * Math.floor(width / 4), 2 * Math.floor(height / 4)];
  const step = (free: number): number => 2 * Math.floor((((place * 7) % 10) * free) / 20);
  return { Left: step(width - w), Top: step(height - h), Width: w, Height: h };
}

interface CellFormProps extends Omit<ChoosingProps, 'chosen'> {
  readonly index: number;
  readonly cell: LayoutEntry;
}

function CellForm({ design, onChange, onChoose, index, cell }: CellFormProps) {
  const { t } = useLanguage();
  const { layout } = design;
  const set = (change: Partial<LayoutEntry>): void => onChange({ ...design, layout: withCell(layout, index, change) });
  const remove = (): void => {
    onChoose(undefined);
    onChange({ ...design, layout: without(layout, { list: 'cells', index }) });
  };
  return (
    <>
      <PlaceFields place={cell} most={1920} onChange={set} />
      <LineField label={t('layout.user')} value={cell.UserId ?? ''} onChange={(UserId) => set({ UserId })} />
      {cell.UserId && (
        <ChoiceField
          label={t('layout.cellMedia')}
          value={String(cell.MediaId ?? 0)}
          options={mediaChoices(t)}
          onChange={(value) => set({ MediaId: Number(value) })}
        />
      )}
      <ChoiceField
        label={t('layout.renderMode')}
        value={String(cell.RenderMode ?? 1)}
        options={renderChoices(t)}
        onChange={(value) => set({ RenderMode: Number(value) })}
      />
      <NumberField
        label={t('layout.alpha')}
        value={cell.Alpha ?? 0}
        min={0}
        max={255}
        onChange={(Alpha) => set({ Alpha })}
      />
      <NumberField
        label={t('layout.layer')}
        value={cell.ImageLayer ?? 0}
        min={0}
        max={Number.MAX_SAFE_INTEGER}
        onChange={(ImageLayer) => set({ ImageLayer })}
      />
      <LineField
        isLong
        label={t('layout.cellImage')}
        value={cell.SubBackgroundImage ?? ''}
        onChange={(SubBackgroundImage) => set({ SubBackgroundImage })}
      />
      <span className="buttons whole">
        {(['front', 'back'] as const).map((end) => (
          <Button
            key={end}
            variant="outline"
            onClick={() => onChange({ ...design, layout: toEnd(layout, index, end) })}
          >
            {t(`layout.to.${end}`)}
          </Button>
        ))}
        <Button theme="danger" variant="outline" onClick={remove}>
          {t('layout.remove')}
        </Button>
      </span>
    </>
  );
}
