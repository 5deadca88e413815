/** Who takes part in the demo and when, in seconds from the start of the recordings. */
export interface CastMember {
  readonly userId: string;
  readonly media: 'main' | 'aux';
  readonly colour: string;
  readonly beepHz: number;
  readonly entersAt: number;
  readonly leavesAt: number;
}

/** Seconds the demo records. */
export const RECORDED_SECONDS = 24;

/** Three anchors: one comes late, one leaves early, one also shares a screen. */
export const CAST: readonly CastMember[] = [
  { userId: 'alice', media: 'main', colour: '#c0392b', beepHz: 1000, entersAt: 0, leavesAt: RECORDED_SECONDS },
  { userId: 'bob', media: 'main', colour: '#2471a3', beepHz: 1400, entersAt: 0, leavesAt: 17 },
  { userId: 'alice', media: 'aux', colour: '#7d6608', beepHz: 1000, entersAt: 4, leavesAt: RECORDED_SECONDS },
  { userId: 'carol', media: 'main', colour: '#1e8449', beepHz: 1800, entersAt: 8, leavesAt: RECORDED_SECONDS },
];

/** Short name for the terminal. */
export const castName = (member: CastMember): string =>
  member.media === 'aux' ? `${member.userId}'s screen` : member.userId;
