import type { Translate } from '../language.tsx';

interface Choice {
  readonly value: string;
  readonly text: string;
}

const numbered = (texts: readonly string[], first = 0): Choice[] =>
  texts.map((text, i) => ({ value: String(i + first), text }));

/** MixLayoutMode. */
export const modeChoices = (t: Translate): Choice[] =>
  numbered([t('layout.mode.1'), t('layout.mode.2'), t('layout.mode.3'), t('layout.mode.4')], 1);

/** RenderMode. */
export const renderChoices = (t: Translate): Choice[] =>
  numbered([t('layout.render.0'), t('layout.render.1'), t('layout.render.2'), t('layout.render.3')]);

/** MediaId of a layout. */
export const mediaChoices = (t: Translate): Choice[] => numbered([t('layout.media.0'), t('layout.media.1')]);

/** Pos of a timestamp. */
export const positionChoices = (t: Translate): Choice[] =>
  numbered([
    t('layout.pos.0'),
    t('layout.pos.1'),
    t('layout.pos.2'),
    t('layout.pos.3'),
    t('layout.pos.4'),
    t('layout.pos.5'),
    t('layout.pos.6'),
  ]);
