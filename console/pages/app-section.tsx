import type { AppView } from '../../src/admin/app-view.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';

/** What every section gets. */
export interface SectionProps {
  readonly view: AppView;
  readonly onChanged: () => void;
}

type Changed = Pick<AppView['key'], 'origin' | 'changedMs' | 'changedBy'>;

/** Who set something last, and when. */
export function LastChange({ of: { origin, changedMs, changedBy } }: { readonly of: Changed }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  if (changedMs === null) return <p className="quiet">{t('apps.untouched')}</p>;
  const text =
    origin === 'configuration'
      ? t('apps.fromConfiguration', { time: time(changedMs) })
      : t('apps.fromApi', { name: changedBy ?? '', time: time(changedMs) });
  return <p className="quiet">{text}</p>;
}
