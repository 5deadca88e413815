import type { LayoutPicture } from '../../src/layout/layout-pictures.ts';
import type { MediaId } from '../../src/room-key.ts';
import type { Colour } from './synthetic-media.ts';

/** Somebody with a colour and a pitch that nobody else has. The screen has a colour of its own. */
export interface Attendee {
  readonly userId: string;
  readonly hz: number;
  readonly colours: Readonly<Record<MediaId, Colour>>;
}

/** Whole seconds of the lesson, the second one not included. */
export type Span = readonly [from: number, to: number];

/** When an attendee is in the room, and when camera, screen and microphone are on. */
export interface Attendance {
  readonly there: readonly Span[];
  readonly main: readonly Span[];
  readonly aux: readonly Span[];
  readonly voice: readonly Span[];
}

export const seconds = 40;

const somebody = (userId: string, hz: number, main: Colour, aux: Colour = main): Attendee => ({
  userId,
  hz,
  colours: { main, aux },
});

export const anna = somebody('anna', 500, [70, 70, 70]);
export const ben = somebody('ben', 900, [70, 130, 190], [120, 60, 120]);
export const carl = somebody('carl', 1300, [70, 190, 130]);
export const dora = somebody('dora', 1700, [120, 190, 190]);
export const eva = somebody('eva', 2300, [120, 70, 190]);
export const attendees: readonly Attendee[] = [anna, ben, carl, dora, eva];

/** Joins, leaves and returns, cameras and microphones that are switched off and on, a screen, and a voice without a camera. */
export const attendance: Readonly<Record<string, Attendance>> = {
  anna: {
    there: [[0, 40]],
    main: [
      [0, 25],
      [29, 40],
    ],
    aux: [],
    voice: [
      [0, 10],
      [16, 40],
    ],
  },
  ben: {
    there: [[3, 30]],
    main: [
      [3, 8],
      [12, 30],
    ],
    aux: [[15, 24]],
    voice: [
      [3, 18],
      [21, 30],
    ],
  },
  carl: {
    there: [
      [6, 14],
      [22, 40],
    ],
    main: [
      [8, 14],
      [22, 37],
    ],
    aux: [],
    voice: [
      [6, 14],
      [22, 40],
    ],
  },
  dora: {
    there: [[9, 40]],
    main: [[9, 40]],
    aux: [],
    voice: [
      [9, 20],
      [24, 40],
    ],
  },
  eva: {
    there: [
      [12, 26],
      [33, 36],
    ],
    main: [[12, 26]],
    aux: [],
    voice: [
      [13, 26],
      [33, 36],
    ],
  },
};

const within = (spans: readonly Span[], second: number): boolean =>
  spans.some(([from, to]) => second >= from && second < to);

export const isThere = ({ userId }: Attendee, second: number): boolean => within(attendance[userId]!.there, second);
export const isHeard = ({ userId }: Attendee, second: number): boolean => within(attendance[userId]!.voice, second);
export const isOn = ({ userId }: Attendee, mediaId: MediaId, second: number): boolean =>
  within(attendance[userId]![mediaId], second);

/** Whether the camera or screen was on in this visit, before the second. */
export function wasOn(who: Attendee, mediaId: MediaId, second: number): boolean {
  const visit = attendance[who.userId]!.there.find(([from, to]) => second >= from && second < to);
  return visit !== undefined && attendance[who.userId]![mediaId].some(([from]) => from >= visit[0] && from < second);
}

/** One picture that the layout may place in a second. */
export interface AttendedPicture extends LayoutPicture {
  readonly who: Attendee;
}

/** The place in the order of entry: whoever comes back is behind those who stayed. */
function orderAt({ userId }: Attendee, second: number): number {
  const visit = attendance[userId]!.there.find(([from, to]) => second >= from && second < to)!;
  return visit[0];
}

/** What could be shown in a second: of everybody the camera, also when it is off, and the screen while it is shared. */
export function picturesAt(second: number): AttendedPicture[] {
  return attendees
    .filter((who) => isThere(who, second))
    .flatMap((who) => {
      const one = (mediaId: MediaId): AttendedPicture => ({
        who,
        userId: who.userId,
        mediaId,
        order: orderAt(who, second),
        hasVideo: isOn(who, mediaId, second),
      });
      return isOn(who, 'aux', second) ? [one('main'), one('aux')] : [one('main')];
    });
}
