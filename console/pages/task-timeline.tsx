import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { TimelineView } from '../../src/admin/timeline-routes.ts';
import { queryOf } from '../api.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Nothing, Shown } from '../parts/states.tsx';
import { TimeLanes } from '../parts/time-lanes.tsx';
import { timelineLanes } from './timeline-lanes.ts';

const pollMs = 5_000;
/** What has ended changes with its files alone; a long timeline is read whole by the server for each picture. */
const slowPollMs = 60_000;
const manyEntries = 5_000;
const mostRows = 500;
/** Parts of a timeline that can be chosen: its last seconds. */
const parts = [
  { last: undefined, text: 'timeline.all' },
  { last: 3600, text: 'timeline.lastHour' },
  { last: 600, text: 'timeline.lastMinutes' },
] as const;

/** Who was there when, what they sent and where they were seen, what was not recorded and why. */
export function TaskTimeline({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const [last, setLast] = useState<number | undefined>(undefined);
  const [isSlow, setSlow] = useState(false);
  const path = `/tasks/${encodeURIComponent(taskId)}/timeline${queryOf({ last })}`;
  const asked = useAsked<TimelineView>(path, isSlow ? slowPollMs : pollMs);
  const isCalm = asked.data !== undefined && (!asked.data.live || asked.data.entries > manyEntries);
  if (asked.data && isCalm !== isSlow) setSlow(isCalm);
  return (
    <section className="timeline-section" aria-label={t('timeline.title')}>
      <div className="page-title">
        <h2>{t('timeline.title')}</h2>
        <span className="buttons" role="group" aria-label={t('timeline.part')}>
          {parts.map((part) => (
            <Button
              key={part.text}
              size="small"
              variant={part.last === last ? 'base' : 'outline'}
              theme={part.last === last ? 'primary' : 'default'}
              aria-pressed={part.last === last}
              onClick={() => setLast(part.last)}
            >
              {t(part.text)}
            </Button>
          ))}
        </span>
      </div>
      <Shown asked={asked}>
        {(timeline) =>
          timeline.entries === 0 ? <Nothing text={t('timeline.empty')} /> : <Drawn timeline={timeline} />
        }
      </Shown>
    </section>
  );
}

function Drawn({ timeline }: { readonly timeline: TimelineView }) {
  const { t } = useLanguage();
  const { time, length, number } = useFormat();
  const lanes = timelineLanes(timeline, t);
  const rows = lanes
    .flatMap((lane) => lane.spans.map((span) => ({ who: lane.who ?? '', what: lane.label, ...span })))
    .toSorted((a, b) => a.fromMs - b.fromMs);
  return (
    <>
      <TimeLanes
        label={t('timeline.title')}
        fromMs={timeline.fromMs}
        toMs={timeline.toMs}
        isLive={timeline.live}
        lanes={lanes}
      />
      {timeline.hiddenUsers > 0 && (
        <p className="quiet">{t('timeline.hiddenUsers', { n: number(timeline.hiddenUsers) })}</p>
      )}
      <details>
        <summary>{t('timeline.asTable')}</summary>
        <DataTable
          caption={t('timeline.asTable')}
          rows={rows.slice(0, mostRows)}
          keyOf={({ who, what, fromMs, text }) => `${who}/${what}/${fromMs}/${text}`}
          columns={[
            { title: t('timeline.from'), cell: ({ fromMs }) => time(fromMs) },
            { title: t('timeline.lasts'), cell: ({ fromMs, toMs }) => (toMs > fromMs ? length(toMs - fromMs) : '') },
            { title: t('timeline.who'), cell: ({ who }) => who, isLong: true },
            { title: t('timeline.what'), cell: ({ what }) => what },
            { title: t('recordings.state'), cell: ({ text }) => text, isLong: true },
          ]}
        />
        {rows.length > mostRows && <p className="quiet">{t('timeline.moreRows', { n: number(mostRows) })}</p>}
      </details>
    </>
  );
}
