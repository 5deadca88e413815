import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useLanguage } from '../language.tsx';
import { neededPieces, type Ensemble, type EnsembleView, type PlayerState } from './ensemble.ts';
import { LanePlayer } from './lane-player.tsx';
import type { LaneSettings } from './lane-settings.ts';
import type { Lane } from './lanes.ts';
import { moved, resized, type PlaceOnStage } from './places.ts';

interface PictureProps {
  readonly lane: Lane;
  readonly name: string;
  readonly ensemble: Ensemble;
  readonly view: EnsembleView;
  readonly settings: LaneSettings;
}

/** One stream on the stage; its name is the handle by which it is moved. Heard, if not seen, while it is hidden. */
export function Picture({ lane, name, ensemble, view, settings }: PictureProps) {
  const { t } = useLanguage();
  const { volume, isHidden } = settings.of(lane);
  const isEnlarged = settings.enlarged === lane.key;
  const place = isEnlarged ? whole : settings.placeOf(lane);
  const pieces = neededPieces(lane, view.positionMs);
  const current = pieces.find(({ startMs }) => startMs <= view.positionMs);
  const state = (current && view.states.get(current.fileId)) ?? 'absent';
  const isShown = !isHidden && place !== undefined;
  return (
    <figure
      className={`together-picture ${isEnlarged ? 'enlarged' : ''}`}
      hidden={!isShown}
      style={place && styleOf(place)}
    >
      {pieces.map((piece) => (
        <LanePlayer
          key={piece.fileId}
          {...{ ensemble, piece, volume }}
          isMuted={!settings.isHeard(lane)}
          isShown={piece === current && state === 'here'}
          label={name}
        />
      ))}
      <Situation state={state} hasVideo={lane.hasVideo} />
      {place && <Handle {...{ lane, name, settings, place, isEnlarged }} />}
      <span className="visually-hidden" data-state={state}>
        {t(`together.state.${state}`)}
      </span>
    </figure>
  );
}

const whole: PlaceOnStage = { left: 0, top: 0, width: 1, height: 1 };

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

const styleOf = ({ left, top, width, height }: PlaceOnStage) => ({
  left: percent(left),
  top: percent(top),
  width: percent(width),
  height: percent(height),
});

function Situation({ state, hasVideo }: { readonly state: PlayerState; readonly hasVideo: boolean }) {
  const { t } = useLanguage();
  if (state === 'here' && hasVideo) return null;
  const text = t(state === 'here' ? 'together.soundOnly' : `together.state.${state}`);
  return (
    <p className="together-situation" aria-hidden="true">
      {text}
    </p>
  );
}

interface HandleProps extends Pick<PictureProps, 'lane' | 'name' | 'settings'> {
  readonly place: PlaceOnStage;
  readonly isEnlarged: boolean;
}

const step = 0.02;
const steps: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-step, 0],
  ArrowRight: [step, 0],
  ArrowUp: [0, -step],
  ArrowDown: [0, step],
};
const sizes: Readonly<Record<string, number>> = { '+': 1.1, '=': 1.1, '-': 1 / 1.1 };

function Handle({ lane, name, settings, place, isEnlarged }: HandleProps) {
  const { t } = useLanguage();
  const from = useRef<{ readonly x: number; readonly y: number; readonly place: PlaceOnStage } | undefined>(undefined);
  const put = (next: PlaceOnStage): void => {
    if (!isEnlarged) settings.change(lane, { place: next });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const way = steps[event.key];
    const size = sizes[event.key];
    if (way) put(moved(place, ...way));
    if (size !== undefined) put(resized(place, size));
    if (way || size !== undefined) event.preventDefault();
  };
  const onPointerDown = (event: PointerEvent): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    from.current = { x: event.clientX, y: event.clientY, place };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const stage = event.currentTarget.closest('.together-stage')?.getBoundingClientRect();
    if (!from.current || !stage) return;
    const { x, y, place: begun } = from.current;
    put(moved(begun, (event.clientX - x) / stage.width, (event.clientY - y) / stage.height));
  };
  const onPointerUp = (): void => {
    from.current = undefined;
  };
  return (
    <button
      type="button"
      className="together-handle"
      aria-label={t('together.move', { name })}
      title={t('together.moveHint')}
      onDoubleClick={() => settings.enlarge(isEnlarged ? undefined : lane.key)}
      onPointerCancel={onPointerUp}
      {...{ onKeyDown, onPointerDown, onPointerMove, onPointerUp }}
    >
      {name}
    </button>
  );
}
