import { gridPlan } from '../../../src/layout/layout-plan.ts';
import { layoutPictures } from '../../../src/layout/layout-pictures.ts';
import type { MediaId } from '../../../src/room-key.ts';
import { useLanguage } from '../../language.tsx';
import type { Draft } from './draft.ts';

/** Pictures of every template of a rule, the big one included. */
const most = 8;
const modes: Readonly<Record<string, 'floating' | 'share' | 'grid'>> = { 1: 'floating', 2: 'share', 3: 'grid' };
const usual = { width: 640, height: 360 };

const sizeOf = (text: string | undefined, otherwise: number): number => {
  const size = Number(text);
  return Number.isInteger(size) && size >= 16 && size <= 1920 ? size : otherwise;
};

/** The template with eight anchors, as the compositor places them; with a prefix the first is who has it. */
export function RulePicture({ draft }: { readonly draft: Draft }) {
  const { t } = useLanguage();
  const width = sizeOf(draft['mixed.video.width'], usual.width);
  const height = sizeOf(draft['mixed.video.height'], usual.height);
  const prefix = draft['mixed.layout.big_prefix']?.trim() ?? '';
  const mode = modes[draft['mixed.layout.mode'] ?? '3'] ?? 'grid';
  const mediaId: MediaId = draft['mixed.layout.big_media'] === 'aux' ? 'aux' : 'main';
  const big = prefix === '' ? {} : { big: { userId: prefix, mediaId, match: 'prefix' as const } };
  const plan = { ...gridPlan, mode, mostPictures: most, ...(mode === 'grid' ? {} : big) };
  const pictures = Array.from({ length: most }, (_, order) => ({
    userId: order === 0 && prefix !== '' ? prefix : `anchor ${order + 1}`,
    mediaId: order === 0 && prefix !== '' ? mediaId : ('main' as const),
    order,
    hasVideo: true,
  }));
  const unit = Math.max(width, height) / 40;
  return (
    <figure className="rule-picture">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('rule.picture')}>
        <rect width={width} height={height} fill={draft['mixed.layout.background_color'] ?? '#000000'} />
        {layoutPictures(plan, { width, height }, pictures).map(({ picture, rect }) => (
          <g key={picture!.order}>
            <rect
              x={rect.left}
              y={rect.top}
              width={rect.width}
              height={rect.height}
              className="rule-cell"
              strokeWidth={unit / 8}
            />
            <text
              x={rect.left + unit * 1.2}
              y={rect.top + unit * 1.4}
              fontSize={unit * 1.6}
              textAnchor="middle"
              dominantBaseline="central"
            >
              {picture!.order + 1}
            </text>
          </g>
        ))}
      </svg>
      <figcaption className="quiet">
        {t(mode === 'grid' || prefix !== '' ? 'rule.pictureHint' : `rule.pictureHint.${mode}`)}
      </figcaption>
    </figure>
  );
}
