import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Rect } from '../../src/layout/rect.ts';
import { useLanguage, type Translate } from '../language.tsx';
import { holdOf, moved, resized, type Box, type BoxKey, type Corner } from './boxes.ts';
import type { DesignView } from './design.ts';
import { LayoutPicture } from './layout-picture.tsx';

/** What the board shows and tells. */
interface BoardProps {
  readonly view: DesignView;
  /** The undermost first. */
  readonly boxes: readonly Box[];
  readonly chosen: BoxKey | undefined;
  readonly onChoose: (key: BoxKey) => void;
  readonly onChange: (key: BoxKey, rect: Rect) => void;
  readonly onRemove: (key: BoxKey) => void;
}

const corners = ['nw', 'ne', 'sw', 'se'] as const satisfies readonly Corner[];

/** Names of boxes, for people. */
export const boxName = ({ list, index }: BoxKey, t: Translate): string =>
  t(list === 'cells' ? 'layout.cell' : 'layout.mark', { n: index + 1 });

const isSame = (a: BoxKey, b: BoxKey | undefined): boolean => a.list === b?.list && a.index === b.index;

/** The drawing, and over it what can be moved by mouse, finger and keyboard. */
export function Board(props: BoardProps) {
  const { view, boxes, chosen } = props;
  const { t } = useLanguage();
  const frame = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('');
  const say = (key: BoxKey, { left, top, width, height }: Rect): void =>
    setSaid(t('layout.said', { name: boxName(key, t), left, top, width, height }));
  const hold = useHold(props, frame, say);
  const grip = boxes.find(({ key }) => isSame(key, chosen));
  return (
    <>
      <div
        className="board"
        ref={frame}
        tabIndex={-1}
        role="group"
        aria-label={t('layout.board')}
        style={frameStyle(view)}
      >
        <LayoutPicture {...view} label={t('layout.drawing', { n: view.pictures.length })} />
        {boxes.map((box) => (
          <Handle key={`${box.key.list} ${box.key.index}`} box={box} say={say} frame={frame} hold={hold} {...props} />
        ))}
        {grip &&
          corners.map((corner) => (
            <span
              key={corner}
              className={`grip ${corner}`}
              style={cornerStyle(holdOf(grip.rect, view.canvas), corner, view)}
              onPointerDown={(event) => hold.begin(event, grip, corner)}
              onPointerMove={hold.move}
              onPointerUp={hold.end}
            />
          ))}
      </div>
      {boxes.length > 0 && (
        <>
          <p className="board-said" role="status">
            {said}
          </p>
          <p className="quiet" id="board-help">
            {t('layout.help')}
          </p>
        </>
      )}
    </>
  );
}

type Frame = React.RefObject<HTMLDivElement | null>;
type Say = (key: BoxKey, rect: Rect) => void;

interface Hold {
  readonly begin: (event: PointerEvent<HTMLElement>, box: Box, corner?: Corner) => void;
  readonly move: (event: PointerEvent<HTMLElement>) => void;
  readonly end: () => void;
}

/** Where something was taken hold of, in pixels of the screen, and where it was then and is now. */
interface Held {
  readonly x: number;
  readonly y: number;
  readonly box: Box;
  readonly corner: Corner | undefined;
  readonly rect: Rect;
}

/** Dragging with mouse or finger. All is counted from where it began, so that no rounding adds up. */
function useHold({ view, onChoose, onChange }: BoardProps, frame: Frame, say: Say): Hold {
  const held = useRef<Held | undefined>(undefined);
  const { canvas } = view;
  return {
    begin(event, box, corner) {
      if (event.button !== 0) return;
      onChoose(box.key);
      held.current = { x: event.clientX, y: event.clientY, box, corner, rect: box.rect };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    move(event) {
      const now = held.current;
      if (!now) return;
      const scale = canvas.width / frame.current!.clientWidth;
      const [dx, dy] = [(event.clientX - now.x) * scale, (event.clientY - now.y) * scale];
      const { key, rect: from } = now.box;
      const rect = now.corner ? resized(from, now.corner, dx, dy, canvas) : moved(from, dx, dy, canvas);
      held.current = { ...now, rect };
      onChange(key, rect);
    },
    end() {
      const now = held.current;
      held.current = undefined;
      if (now && now.rect !== now.box.rect) say(now.box.key, now.rect);
    },
  };
}

interface HandleProps extends BoardProps {
  readonly box: Box;
  readonly frame: Frame;
  readonly say: Say;
  readonly hold: Hold;
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Pixels of one press, and of each further one while the key is held. */
const [press, repeat] = [2, 10];

function Handle({ box, frame, say, hold, view, chosen, onChoose, onChange, onRemove }: HandleProps) {
  const { t } = useLanguage();
  const { key, rect } = box;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Delete') {
      onRemove(key);
      frame.current?.focus();
    }
    const way = arrows[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [dx, dy] = way.map((n) => n * (event.repeat ? repeat : press)) as [number, number];
    const next = event.shiftKey ? resized(rect, 'se', dx, dy, view.canvas) : moved(rect, dx, dy, view.canvas);
    onChange(key, next);
    say(key, next);
  };
  return (
    <button
      type="button"
      className={`handle ${key.list}`}
      style={boxStyle(holdOf(rect, view.canvas), view)}
      data-number={key.index + 1}
      aria-label={boxName(key, t)}
      aria-describedby="board-help"
      aria-pressed={isSame(key, chosen)}
      onFocus={() => onChoose(key)}
      onPointerDown={(event) => hold.begin(event, box)}
      onPointerMove={hold.move}
      onPointerUp={hold.end}
      onKeyDown={onKeyDown}
    />
  );
}

const percent = (part: number, whole: number): string => `${(100 * part) / whole}%`;

/** The whole drawing is seen at once, however tall it is. */
const frameStyle = ({ canvas: { width, height } }: DesignView) => ({ maxWidth: `calc(70vh * ${width / height})` });

const boxStyle = ({ left, top, width, height }: Rect, { canvas }: DesignView) => ({
  left: percent(left, canvas.width),
  top: percent(top, canvas.height),
  width: percent(width, canvas.width),
  height: percent(height, canvas.height),
});

const cornerStyle = ({ left, top, width, height }: Rect, corner: Corner, { canvas }: DesignView) => ({
  left: percent(corner.endsWith('w') ? left : left + width, canvas.width),
  top: percent(corner.startsWith('n') ? top : top + height, canvas.height),
});
