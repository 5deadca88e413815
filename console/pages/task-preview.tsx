import { lazy, Suspense, useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { PreviewView } from '../../src/admin/preview-routes.ts';
import type { TimelineView } from '../../src/admin/timeline-routes.ts';
import { peopleAt } from '../../src/evidence/people-at.ts';
import type { LayoutPlan } from '../../src/layout/layout-plan.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { LayoutPicture } from '../layout/layout-picture.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import { Shown, Waiting } from '../parts/states.tsx';

const LivePlayer = lazy(async () => ({ default: (await import('../parts/live-player.tsx')).LivePlayer }));

const pollMs = 3_000;
/** What is played lies no further back. */
const seenSeconds = 600;

/** What of a running recording is on the disk already, played while it goes on. */
export function TaskPreview({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  return (
    <section aria-label={t('live.title')}>
      <div className="page-title">
        <h2>{t('live.title')}</h2>
        <Button theme={isOpen ? 'default' : 'primary'} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t(isOpen ? 'live.close' : 'live.open')}
        </Button>
      </div>
      {isOpen ? <Preview taskId={taskId} /> : <p className="quiet">{t('live.hint')}</p>}
    </section>
  );
}

function Preview({ taskId }: { readonly taskId: string }) {
  const { t } = useLanguage();
  const asked = useAsked<PreviewView>(`/tasks/${encodeURIComponent(taskId)}/preview`, pollMs);
  return (
    <Shown asked={asked}>
      {(preview) =>
        preview.state === 'playable' ? (
          <Streams taskId={taskId} preview={preview} />
        ) : (
          <p role="status">{t(`live.${preview.state}`)}</p>
        )
      }
    </Shown>
  );
}

type Stream = PreviewView['streams'][number];

function Streams({ taskId, preview }: { readonly taskId: string; readonly preview: PreviewView }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const streams = preview.streams.filter(({ playable }) => playable);
  const [chosen, setChosen] = useState('');
  const [hasLayout, setLayout] = useState(true);
  const [atMs, setAtMs] = useState<number | undefined>(undefined);
  const stream = streams.find((one) => one.stream === chosen) ?? streams[0]!;
  const nameOf = ({ userId, mediaId }: Stream): string =>
    mediaId === 'mix' ? t('task.mix') : t(`live.stream.${mediaId}`, { user: userId });
  const { canvas } = preview;
  const isMix = stream.mediaId === 'mix' && canvas !== null;
  return (
    <>
      <div className="live-bar">
        {streams.length > 1 && (
          <ChoiceField
            label={t('live.stream')}
            value={stream.stream}
            onChange={setChosen}
            options={streams.map((one) => ({ value: one.stream, text: nameOf(one) }))}
          />
        )}
        {isMix && (
          <label className="check">
            <input type="checkbox" checked={hasLayout} onChange={(event) => setLayout(event.target.checked)} />
            {t('live.layout')}
          </label>
        )}
        <span className="quiet">{atMs === undefined ? t('common.loading') : t('live.at', { time: time(atMs) })}</span>
      </div>
      <Suspense fallback={<Waiting />}>
        <LivePlayer key={stream.stream} url={stream.playlist} label={nameOf(stream)} onSeen={setAtMs}>
          {isMix && hasLayout && atMs !== undefined && (
            <Overlay taskId={taskId} preview={preview} canvas={canvas} atMs={atMs} />
          )}
        </LivePlayer>
      </Suspense>
    </>
  );
}

interface OverlayProps {
  readonly taskId: string;
  readonly preview: PreviewView;
  readonly canvas: NonNullable<PreviewView['canvas']>;
  /** Wall time of the picture that is seen. */
  readonly atMs: number;
}

/** Who is in which place of the picture that is seen: by the layout and the people of its moment. */
function Overlay({ taskId, preview: { layouts, media }, canvas, atMs }: OverlayProps) {
  const { t } = useLanguage();
  const path = `/tasks/${encodeURIComponent(taskId)}/timeline?last=${seenSeconds}`;
  const { data } = useAsked<TimelineView>(path, pollMs);
  const plan = (layouts.findLast(({ fromMs }) => fromMs <= atMs) ?? layouts[0])?.layout;
  if (!data || !plan) return null;
  const pictures = peopleAt(data, atMs, media);
  return (
    <LayoutPicture
      canvas={canvas}
      plan={plan as unknown as LayoutPlan}
      pictures={pictures}
      label={t('live.layoutOf', { n: pictures.length })}
      isOverlay
    />
  );
}
