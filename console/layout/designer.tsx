import { useEffect, useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { LayoutCompat } from '../../src/api/recording/layout-plan.ts';
import { useLanguage } from '../language.tsx';
import { Board } from './board.tsx';
import { boxesOf, withRect, without, type BoxKey } from './boxes.ts';
import { GroundFields } from './canvas-fields.tsx';
import { CellFields } from './cell-fields.tsx';
import { firstDesign, viewOf, type Design } from './design.ts';
import { FaultNote } from './fault-note.tsx';
import { JsonPanel } from './json-panel.tsx';
import { MarkFields } from './mark-fields.tsx';
import { keepDesign, keptDesign } from './opening.ts';
import { Places } from './places.tsx';
import { TemplateFields } from './template-fields.tsx';

/** Designs a layout: the drawing, everything that can be set, and the words of the API for it. */
export function Designer({ compat }: { readonly compat: LayoutCompat }) {
  const { t } = useLanguage();
  const [design, setDesign] = useState<Design>(() => keptDesign(firstDesign) ?? firstDesign);
  const [chosen, setChosen] = useState<BoxKey | undefined>(undefined);
  useEffect(() => keepDesign(design), [design]);
  const view = viewOf(design, compat);
  const { layout } = design;
  const change = (next: Design): void => {
    setDesign(next);
    if (next.layout.MixLayoutMode !== 4 && chosen?.list === 'cells') setChosen(undefined);
  };
  const begin = (next: Design): void => {
    setDesign(next);
    setChosen(undefined);
  };
  const fields = { design, onChange: change, chosen, onChoose: setChosen };
  return (
    <div className="designer">
      <div className="drawing">
        <Board
          view={view}
          boxes={boxesOf(layout)}
          chosen={chosen}
          onChoose={setChosen}
          onChange={(key, rect) => setDesign({ ...design, layout: withRect(layout, key, rect) })}
          onRemove={(key) => begin({ ...design, layout: without(layout, key) })}
        />
        <FaultNote design={design} />
        <Places {...view} />
      </div>
      <div className="settings">
        <TemplateFields design={design} compat={compat} onChange={change} />
        {layout.MixLayoutMode === 4 && <CellFields {...fields} />}
        <GroundFields design={design} onChange={change} />
        <MarkFields {...fields} />
        <JsonPanel design={design} onChange={begin} />
        <Button variant="outline" onClick={() => begin(firstDesign)}>
          {t('layout.again')}
        </Button>
      </div>
    </div>
  );
}
