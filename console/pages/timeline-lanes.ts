import type { TimelineView } from '../../src/admin/timeline-routes.ts';
import type { Translate } from '../language.tsx';
import type { Lane, LaneSpan } from '../parts/time-lanes.tsx';

type User = TimelineView['users'][number];
type TrackSpan = User['tracks'][number]['spans'][number];

/** A timeline as rows: those of the task, then those of each user. */
export function timelineLanes(timeline: TimelineView, t: Translate): Lane[] {
  return [...taskLanes(timeline, t), ...timeline.users.flatMap((user) => userLanes(user, t))];
}

function taskLanes({ recorders, gaps, marks }: TimelineView, t: Translate): Lane[] {
  const gapText = (gap: TimelineView['gaps'][number]): string =>
    [t(`gap.${gap.reason}`), gap.fileKey, gap.open && t('timeline.goesOn')].filter(Boolean).join(' · ');
  const lanes: Lane[] = [
    {
      key: 'recorders',
      label: t('timeline.recorder'),
      spans: recorders.map(({ fromMs, toMs, epoch, recorder, how }) => ({
        fromMs,
        toMs,
        kind: 'recorder',
        text: t('timeline.epoch', { n: epoch, recorder, how: t(`epochEnd.${how}`) }),
      })),
    },
    {
      key: 'gaps',
      label: t('timeline.gaps'),
      spans: gaps.map((gap) => ({ fromMs: gap.fromMs, toMs: gap.toMs, kind: 'gap', text: gapText(gap) })),
    },
    {
      key: 'marks',
      label: t('timeline.moments'),
      spans: marks.map(({ atMs, kind, revision }) => ({
        fromMs: atMs,
        toMs: atMs,
        kind: 'mark',
        text: t(`mark.${kind}`, { n: revision ?? '' }),
      })),
    },
  ];
  return lanes.filter(({ key, spans }) => key !== 'marks' || spans.length > 0);
}

function userLanes({ userId, robot, stays, tracks, seen }: User, t: Translate): Lane[] {
  const own = (key: string, label: string, spans: readonly LaneSpan[]): Lane => ({
    key: `${userId}/${key}`,
    who: userId,
    label,
    spans,
  });
  return [
    own(
      'stays',
      t(robot ? 'timeline.robot' : 'timeline.stay'),
      stays.map((stay) => ({ ...stay, kind: 'stay', text: t('timeline.present') })),
    ),
    ...tracks.map(({ mediaId, media, spans }) =>
      own(
        `${mediaId} ${media}`,
        t(`rooms.track.${mediaId}.${media}`),
        spans.map(({ fromMs, toMs, ...span }) => ({ fromMs, toMs, kind: kindOf(span), text: trackText(span, t) })),
      ),
    ),
    ...seen.map(({ mediaId, spans }) =>
      own(
        `seen ${mediaId}`,
        t(`timeline.seen.${mediaId}`),
        spans.map(({ fromMs, toMs, video, ...place }) => ({
          fromMs,
          toMs,
          kind: video ? 'seen' : 'unseen',
          text: t(video ? 'timeline.seenAt' : 'timeline.seenOff', place),
        })),
      ),
    ),
  ];
}

type TrackState = Pick<TrackSpan, 'state' | 'recorded'>;

function kindOf({ state, recorded }: TrackState): LaneSpan['kind'] {
  if (!recorded) return 'unrecorded';
  return state;
}

const trackText = ({ state, recorded }: TrackState, t: Translate): string =>
  t(`trackState.${state}`) + (recorded ? '' : ` · ${t('timeline.unrecorded')}`);
