import { layoutPictures } from '../../src/layout/layout-pictures.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import type { DesignView } from './design.ts';

/** The drawing in numbers, the undermost picture first. */
export function Places({ canvas, plan, pictures }: DesignView) {
  const { t } = useLanguage();
  const rows = layoutPictures(plan, canvas, pictures).map((placed, i) => ({ ...placed, key: String(i) }));
  return (
    <details>
      <summary>{t('layout.places', { n: rows.length })}</summary>
      <DataTable
        caption={t('layout.places', { n: rows.length })}
        rows={rows}
        keyOf={({ key }) => key}
        columns={[
          {
            title: t('layout.user'),
            cell: ({ picture }) =>
              picture
                ? `${picture.userId} · ${t(`layout.media.${picture.mediaId === 'aux' ? 1 : 0}`)}`
                : t('layout.placeholder'),
            isLong: true,
          },
          { title: t('layout.side.Left'), cell: ({ rect }) => rect.left },
          { title: t('layout.side.Top'), cell: ({ rect }) => rect.top },
          { title: t('layout.side.Width'), cell: ({ rect }) => rect.width },
          { title: t('layout.side.Height'), cell: ({ rect }) => rect.height },
        ]}
      />
    </details>
  );
}
