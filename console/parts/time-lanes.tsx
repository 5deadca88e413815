import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { axisTicks, type AxisTick } from './time-axis.ts';

/** A time in a lane, or a moment where both ends are one. */
export interface LaneSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind:
    | 'recorder'
    | 'gap'
    | 'mark'
    | 'stay'
    | 'sending'
    | 'paused'
    | 'changing'
    | 'unrecorded'
    | 'seen'
    | 'unseen';
  /** What it is, in words. */
  readonly text: string;
}

/** A row of spans. */
export interface Lane {
  readonly key: string;
  /** Whose it is; rows of one follow each other. */
  readonly who?: string;
  readonly label: string;
  readonly spans: readonly LaneSpan[];
}

interface TimeLanesProps {
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Its end is now. */
  readonly isLive: boolean;
  readonly lanes: readonly Lane[];
}

const mostTicks = 7;

/** Rows of spans over one time axis in the browser's zone. Each row is one stop of the keyboard, arrows go along it. */
export function TimeLanes({ label, fromMs, toMs, isLive, lanes }: TimeLanesProps) {
  const { t } = useLanguage();
  const [told, setTold] = useState('');
  const box = useRef<HTMLDivElement>(null);
  // On a narrow screen the end is what somebody wants to see who comes while it goes on.
  useEffect(() => {
    if (isLive) box.current!.scrollLeft = box.current!.scrollWidth;
  }, [isLive]);
  const share = (atMs: number): number => (100 * (atMs - fromMs)) / (toMs - fromMs);
  const ticks = axisTicks(fromMs, toMs, mostTicks, -new Date(toMs).getTimezoneOffset() * 60_000);
  return (
    <>
      <div ref={box} className="lanes-box" role="region" aria-label={label} tabIndex={0}>
        <div className="lanes">
          <Axis ticks={ticks} share={share} isLive={isLive} isLong={toMs - fromMs > 86_400_000} />
          {lanes.map((lane, index) => (
            <LaneRow
              key={lane.key}
              lane={lane}
              isFirst={lane.who !== undefined && lanes[index - 1]?.who !== lane.who}
              ticks={ticks}
              share={share}
              isLive={isLive}
              onTold={setTold}
            />
          ))}
        </div>
      </div>
      <p className="lane-told quiet" aria-live="polite">
        {told || t('timeline.hint')}
      </p>
    </>
  );
}

interface AxisProps {
  readonly ticks: readonly AxisTick[];
  readonly share: (atMs: number) => number;
  readonly isLive: boolean;
  /** Longer than a day: hours are not enough. */
  readonly isLong: boolean;
}

function Axis({ ticks, share, isLive, isLong }: AxisProps) {
  const { t, tag } = useLanguage();
  const units = {
    second: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    minute: {
      ...(isLong ? { month: 'numeric', day: 'numeric' } : {}),
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    },
    day: { month: 'numeric', day: 'numeric' },
  } as const satisfies Record<AxisTick['unit'], Intl.DateTimeFormatOptions>;
  return (
    <div className="lane axis" aria-hidden="true">
      <span className="lane-label" />
      <span className="lane-plot">
        {ticks
          .filter(({ atMs }) => share(atMs) < (isLive ? 90 : 96))
          .map(({ atMs, unit }) => (
            <span key={atMs} className="tick-text" style={{ left: `${share(atMs)}%` }}>
              {new Intl.DateTimeFormat(tag, units[unit]).format(atMs)}
            </span>
          ))}
        {isLive && <span className="now-text">{t('timeline.now')}</span>}
      </span>
    </div>
  );
}

interface LaneRowProps extends Omit<AxisProps, 'isLong'> {
  readonly lane: Lane;
  /** It is the first of its user. */
  readonly isFirst: boolean;
  readonly onTold: (text: string) => void;
}

function LaneRow({ lane, isFirst, ticks, share, isLive, onTold }: LaneRowProps) {
  const { time, length } = useFormat();
  const [current, setCurrent] = useState(0);
  const stop = Math.min(current, lane.spans.length - 1);
  const name = [lane.who, lane.label].filter(Boolean).join(' · ');
  const tell = ({ fromMs, toMs, text }: LaneSpan): string =>
    `${name}: ${text}, ${time(fromMs)}${toMs > fromMs ? ` – ${time(toMs)} (${length(toMs - fromMs)})` : ''}`;
  return (
    <div className={isFirst ? 'lane first' : 'lane'} role="group" aria-label={name} onKeyDown={alongTheLane}>
      <span className="lane-label" title={name}>
        {isFirst && <strong>{lane.who}</strong>}
        <span>{lane.label}</span>
      </span>
      <span className="lane-plot">
        {ticks.map(({ atMs }) => (
          <i key={atMs} className="tick" style={{ left: `${share(atMs)}%` }} />
        ))}
        {isLive && <i className="now" />}
        {lane.spans.map((span, index) => (
          <button
            key={`${span.fromMs}/${span.kind}/${index}`}
            type="button"
            className={`span ${span.kind}`}
            style={{ left: `${share(span.fromMs)}%`, width: `${share(span.toMs) - share(span.fromMs)}%` }}
            tabIndex={index === stop ? 0 : -1}
            aria-label={tell(span)}
            onFocus={() => {
              setCurrent(index);
              onTold(tell(span));
            }}
            onMouseEnter={() => onTold(tell(span))}
            onClick={() => onTold(tell(span))}
          />
        ))}
      </span>
    </div>
  );
}

const moves: Readonly<Record<string, (spans: readonly HTMLElement[], at: number) => HTMLElement | undefined>> = {
  ArrowRight: (spans, at) => spans[at + 1],
  ArrowLeft: (spans, at) => spans[at - 1],
  Home: (spans) => spans[0],
  End: (spans) => spans.at(-1),
};

function alongTheLane(event: KeyboardEvent<HTMLElement>): void {
  const move = moves[event.key];
  if (!move) return;
  const spans = [...event.currentTarget.querySelectorAll<HTMLElement>('.span')];
  const next = move(spans, spans.indexOf(document.activeElement as HTMLElement));
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
