/**
 * H.264 format parameters (RFC 6184 §8.1): which offered payload type to take, and what to answer for it.
 * A recording passes H.264 through, so a profile that every player decodes comes first.
 */

/** `profile-level-id` when the parameter is absent: Baseline, level 1 (RFC 6184 §8.1). */
const DEFAULT_PROFILE = '42000a';

/** profile_idc and constraint bits to preference, lower first; others (4:4:4, 10 bit) are not taken. */
function profileRank(profileLevelId: string): number | undefined {
  const idc = profileLevelId.slice(0, 2).toLowerCase();
  const constraints = Number.parseInt(profileLevelId.slice(2, 4), 16);
  // constraint_set1_flag on Baseline is Constrained Baseline.
  if (idc === '42') return (constraints & 0x40) === 0 ? 1 : 0;
  return { '4d': 2, '64': 3 }[idc];
}

/** How welcome an H.264 payload type is, lower first; undefined when its profile is not taken. Mode 1 (FU-A) comes first. */
export function h264Rank(parameters: ReadonlyMap<string, string>): number | undefined {
  const profileLevelId = parameters.get('profile-level-id') ?? DEFAULT_PROFILE;
  if (!/^[0-9A-Fa-f]{6}$/.test(profileLevelId)) return undefined;
  const mode = parameters.get('packetization-mode') ?? '0';
  const rank = profileRank(profileLevelId);
  if (rank === undefined || (mode !== '0' && mode !== '1')) return undefined;
  return mode === '1' ? rank : rank + 10;
}

/** Level 5.2: 1080p60 screens and more; what arrives is stored, not decoded in real time. */
const RECEIVE_LEVEL = '34';

/**
 * The answer's fmtp value. With asymmetry allowed on both sides our level is what we can receive, without it the level
 * must be the offered one (RFC 6184 §8.2.2).
 */
export function h264AnswerParameters(parameters: ReadonlyMap<string, string>): string {
  const offered = parameters.get('profile-level-id') ?? DEFAULT_PROFILE;
  const asymmetric = parameters.get('level-asymmetry-allowed') === '1';
  const level = asymmetric && offered.slice(4).toLowerCase() < RECEIVE_LEVEL ? RECEIVE_LEVEL : offered.slice(4);
  return [
    ...(asymmetric ? ['level-asymmetry-allowed=1'] : []),
    `packetization-mode=${parameters.get('packetization-mode') ?? '0'}`,
    `profile-level-id=${offered.slice(0, 4)}${level}`,
  ].join(';');
}
