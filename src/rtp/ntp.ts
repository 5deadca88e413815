import { wallUs, type WallUs } from '../units.ts';

/** Seconds from the NTP epoch (1900) to the Unix epoch, RFC 5905 §6. */
const UNIX_EPOCH = 2_208_988_800;
const ERA = 2 ** 32;

/** An NTP time of 32.32 bits as RTCP carries it. */
export interface NtpTime {
  /** Seconds since 1900, unsigned 32 bits. */
  readonly seconds: number;
  /** Fraction of a second in units of 2⁻³² s, unsigned 32 bits. */
  readonly fraction: number;
}

/**
 * NTP time to microseconds since the Unix epoch, rounded down. The fraction times 10⁶ stays below 2⁵³ and is divided by
 * a power of two, so nothing is lost. Times before 1968 are taken as the era that begins in 2036 (RFC 4330 §3).
 */
export function ntpToWallUs(seconds: number, fraction: number): WallUs {
  const era = seconds < 0x8000_0000 ? ERA : 0;
  return wallUs((seconds + era - UNIX_EPOCH) * 1_000_000 + Math.floor((fraction * 1_000_000) / ERA));
}

/** Microseconds since the Unix epoch to NTP time; `ntpToWallUs` of the result gives the same microsecond back. */
export function wallUsToNtp(time: WallUs): NtpTime {
  const whole = Math.floor(time / 1_000_000);
  return {
    seconds: (whole + UNIX_EPOCH) % ERA,
    fraction: Math.ceil(((time - whole * 1_000_000) * ERA) / 1_000_000),
  };
}

/** The middle 32 bits of an NTP time, the LSR field of a report block (RFC 3550 §6.4.1). */
export const middleNtp = (seconds: number, fraction: number): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
