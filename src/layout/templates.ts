import type { Slot } from './rect.ts';

/** Slots of one template: the big picture's, where the template has one, and the small ones in filling order. */
export interface TemplateSlots {
  readonly big: Slot | undefined;
  readonly small: readonly Slot[];
}

/** Most pictures a template shows, the big one included (contract §6). */
export const maxPictures = 25;

const slots = (count: number, place: (i: number) => Slot): Slot[] => Array.from({ length: count }, (_, i) => place(i));

/** Contract §6 mode 1: one full picture under small ones that fill rows from the bottom left. `count` includes the big one. */
export function floatingSlots(count: number): TemplateSlots {
  const [size, gap, perRow] = count <= 17 ? [0.235, 0.012, 4] : [0.188, 0.01, 5];
  const step = size + gap;
  return {
    big: { x: 0, y: 0, w: 1, h: 1 },
    small: slots(count - 1, (i) => ({
      x: gap + (i % perRow) * step,
      y: 1 - (Math.floor(i / perRow) + 1) * step,
      w: size,
      h: size,
    })),
  };
}

/** One column of small pictures beside the big one, `rows` to the column. */
function shareColumn(count: number, rows: number, big: number): TemplateSlots {
  return {
    big: { x: 0, y: 0, w: big, h: 1 },
    small: slots(count - 1, (i) => ({ x: big, y: i / rows, w: 1 - big, h: 1 / rows })),
  };
}

/** Two columns of eight and, from the 17th on, a row under the big picture. */
function shareColumnsAndRow(count: number): TemplateSlots {
  const place = (i: number): Slot => {
    if (i >= 16) return { x: (i - 16) / 10, y: 7 / 8, w: 1 / 10, h: 1 / 8 };
    return { x: i < 8 ? 4 / 5 : 9 / 10, y: (i % 8) / 8, w: 1 / 10, h: 1 / 8 };
  };
  return { big: { x: 0, y: 0, w: 4 / 5, h: count > 17 ? 7 / 8 : 1 }, small: slots(count - 1, place) };
}

const mirrored = (slot: Slot): Slot => ({ ...slot, x: 1 - slot.x - slot.w });

function shareTier(count: number): TemplateSlots {
  if (count <= 5) return shareColumn(count, 4, 4 / 5);
  if (count <= 7) return shareColumn(count, 6, 6 / 7);
  if (count <= 9) return shareColumn(count, 8, 8 / 9);
  return shareColumnsAndRow(count);
}

/** Contract §6 mode 2: a big picture at the left (right when `alignRight`) and small ones beside it. `count` includes the big one. */
export function shareSlots(count: number, alignRight: boolean): TemplateSlots {
  const tier = shareTier(count);
  if (!alignRight) return tier;
  return { big: tier.big && mirrored(tier.big), small: tier.small.map(mirrored) };
}

function gridSide(count: number): number {
  if (count <= 4) return 2;
  if (count <= 9) return 3;
  return count <= 16 ? 4 : 5;
}

/** Contract §6 mode 3: equal cells, row by row. */
export function gridSlots(count: number): TemplateSlots {
  if (count === 1) return { big: undefined, small: [{ x: 0, y: 0, w: 1, h: 1 }] };
  if (count === 2) return { big: undefined, small: slots(2, (i) => ({ x: i / 2, y: 0, w: 1 / 2, h: 1 })) };
  const k = gridSide(count);
  return {
    big: undefined,
    small: slots(count, (i) => ({ x: (i % k) / k, y: Math.floor(i / k) / k, w: 1 / k, h: 1 / k })),
  };
}
