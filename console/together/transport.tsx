import { useId } from 'react';
import { Button } from 'tdesign-react/es/button';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { ChoiceField } from '../parts/fields.tsx';
import type { Ensemble, EnsembleView } from './ensemble.ts';
import type { Lane } from './lanes.ts';

interface TransportProps {
  readonly ensemble: Ensemble;
  readonly view: EnsembleView;
  readonly span: { readonly startMs: number; readonly endMs: number };
  readonly lanes: readonly Lane[];
  readonly nameOf: (lane: Lane) => string;
}

const speeds = [0.5, 1, 1.25, 1.5, 2];

/** Plays, stands, goes elsewhere; below the time line: when each stream was there. */
export function Transport({ ensemble, view, span, lanes, nameOf }: TransportProps) {
  const { t } = useLanguage();
  const { length, time } = useFormat();
  const elapsedMs = view.positionMs - span.startMs;
  const wholeMs = span.endMs - span.startMs;
  return (
    <div className="together-transport">
      <div className="line">
        <Button theme="primary" onClick={() => (view.isPlaying ? ensemble.pause() : ensemble.play())}>
          {t(view.isPlaying ? 'together.pause' : 'together.play')}
        </Button>
        <span className="together-time">
          {length(Math.floor(elapsedMs / 1000) * 1000)} / {length(wholeMs)}
        </span>
        <span className="quiet together-time">{time(Math.floor(view.positionMs))}</span>
        <span role="status" className="quiet">
          {view.isWaiting && t('together.waiting')}
        </span>
        <span className="together-speed">
          <ChoiceField
            label={t('together.speed')}
            value={String(view.speed)}
            onChange={(value) => ensemble.setSpeed(Number(value))}
            options={speeds.map((speed) => ({ value: String(speed), text: `${speed}×` }))}
          />
        </span>
      </div>
      <input
        type="range"
        className="together-line"
        min={0}
        max={wholeMs}
        step={Math.min(1000, Math.max(100, wholeMs / 100))}
        value={elapsedMs}
        aria-label={t('together.position')}
        aria-valuetext={`${length(elapsedMs)}, ${time(Math.floor(view.positionMs))}`}
        onChange={(event) => ensemble.seek(span.startMs + Number(event.target.value))}
      />
      {lanes.map((lane) => (
        <Presence key={lane.key} name={nameOf(lane)} lane={lane} span={span} />
      ))}
    </div>
  );
}

interface PresenceProps extends Pick<TransportProps, 'span'> {
  readonly lane: Lane;
  readonly name: string;
}

function Presence({ lane, name, span }: PresenceProps) {
  const { t } = useLanguage();
  const { length } = useFormat();
  const id = useId();
  const wholeMs = span.endMs - span.startMs;
  const times = lane.pieces.map(({ startMs, endMs }) => [startMs - span.startMs, endMs - span.startMs] as const);
  const told = times.map(([from, to]) => `${length(from)}–${length(to)}`).join(', ');
  return (
    <div className="together-presence" role="img" aria-label={t('together.presence', { name, times: told })}>
      {times.map(([from, to]) => (
        <span
          key={`${id}${from}`}
          style={{ left: `${(from / wholeMs) * 100}%`, width: `${((to - from) / wholeMs) * 100}%` }}
        />
      ))}
    </div>
  );
}
