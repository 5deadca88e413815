import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { TaskDetailView } from '../../src/admin/task-view.ts';
import { useAsked } from '../asking.ts';
import { useLanguage } from '../language.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Nothing, Shown } from '../parts/states.tsx';
import { placeOf } from '../route.ts';
import { Ensemble } from '../together/ensemble.ts';
import { LaneList } from '../together/lane-list.tsx';
import { useLaneSettings } from '../together/lane-settings.ts';
import { lanesOf, spanOf, type Lane } from '../together/lanes.ts';
import { Picture } from '../together/picture.tsx';
import type { PlaceMode } from '../together/places.ts';
import { Transport } from '../together/transport.tsx';

/** Everybody whom one task recorded by themselves, played together. */
export function TogetherPage({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const asked = useAsked<TaskDetailView>(`/tasks/${encodeURIComponent(taskId)}`);
  return (
    <>
      <p>
        <a href={placeOf('recordings', taskId)}>{t('together.back')}</a>
      </p>
      <PageTitle text={t('together.title', { room: asked.data?.room.id ?? '' })} />
      <Shown asked={asked}>{({ files }) => <Together files={files} />}</Shown>
    </>
  );
}

function Together({ files }: Pick<TaskDetailView, 'files'>) {
  const { t } = useLanguage();
  const lanes = useMemo(() => lanesOf(files), [files]);
  const span = useMemo(() => spanOf(lanes), [lanes]);
  if (!span) return <Nothing text={t('together.empty')} hint={t('together.emptyHint')} />;
  return <Stage lanes={lanes} span={span} />;
}

interface StageProps {
  readonly lanes: readonly Lane[];
  readonly span: { readonly startMs: number; readonly endMs: number };
}

const modes: readonly PlaceMode[] = ['grid', 'share', 'floating'];

function Stage({ lanes, span }: StageProps) {
  const { t } = useLanguage();
  const ensemble = useMemo(() => new Ensemble(span, () => performance.now()), [span]);
  const view = useSyncExternalStore(ensemble.subscribe, () => ensemble.view);
  const settings = useLaneSettings(lanes);
  useEffect(() => ensemble.start(), [ensemble]);
  const nameOf = ({ userId, mediaId }: Lane): string =>
    mediaId === 'aux' ? t('together.screenOf', { name: userId }) : userId;
  return (
    <section className="together">
      <div className="together-stage">
        {lanes.map((lane) => (
          <Picture key={lane.key} name={nameOf(lane)} {...{ lane, ensemble, view, settings }} />
        ))}
      </div>
      <Transport {...{ ensemble, view, span, lanes, nameOf }} />
      <div className="together-layout">
        <ChoiceField
          label={t('together.layout')}
          value={settings.mode}
          onChange={(mode) => settings.choose(modes.find((one) => one === mode) ?? 'grid')}
          options={modes.map((mode) => ({ value: mode, text: t(`together.layout.${mode}`) }))}
        />
        <p className="quiet">{t('together.moveHint')}</p>
      </div>
      <LaneList {...{ lanes, settings, nameOf }} />
    </section>
  );
}
