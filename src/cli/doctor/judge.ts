import type { TextKey, TextValues } from '../language.ts';
import type { CheckName, Facts } from './facts.ts';
import type { Finding } from './finding.ts';

/** With less than so many times the least free space, in MiB too, a disk is soon full. */
const ROOMY = { times: 4, mb: 2048 };
/** A wall clock that is slewed strays by half a thousandth at most; a read takes a few milliseconds. */
const STRAY_MS = 20;
/** UserSigs and callbacks bear seconds of difference, but they are not to be got used to. */
const APART_MS = 2000;

type Verdict = Omit<Finding, 'check'>;
type Judges = { readonly [Name in CheckName]: (facts: NonNullable<Facts[Name]>) => Verdict };

const ok = (text: TextKey, values: TextValues = {}): Verdict => ({ level: 'ok', text, values });
const warn = (text: TextKey, remedy: TextKey, values: TextValues = {}): Verdict => {
  return { level: 'warn', text, remedy, values };
};
const fail = (text: TextKey, remedy: TextKey, values: TextValues = {}): Verdict => {
  return { level: 'fail', text, remedy, values };
};

const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(2).replace(/\.?0+$/, '');

const judges: Judges = {
  node: ({ version }) =>
    Number(version.split('.')[0]) >= 24
      ? ok('doctor.node.ok', { version })
      : fail('doctor.node.old', 'doctor.node.fix', { version }),

  configuration: ({ error }) =>
    error === undefined
      ? ok('doctor.configuration.ok')
      : fail('doctor.configuration.bad', 'doctor.configuration.fix', { error }),

  dataDir: ({ path, state, reason = '' }) => {
    if (state === 'writable') return ok('doctor.dataDir.ok', { path });
    if (state === 'missing') return ok('doctor.dataDir.missing', { path });
    return fail('doctor.dataDir.refused', 'doctor.dataDir.fix', { path, reason });
  },

  disk: ({ path, freeMb, leastMb }) => {
    if (freeMb === Number.POSITIVE_INFINITY) return warn('doctor.disk.unknown', 'doctor.disk.unknownFix', { path });
    const values = { path, free: Math.floor(freeMb), least: leastMb };
    if (freeMb < leastMb) return fail('doctor.disk.full', 'doctor.disk.fix', values);
    const soonFull = freeMb < Math.max(leastMb * ROOMY.times, ROOMY.mb);
    return soonFull ? warn('doctor.disk.low', 'doctor.disk.fix', values) : ok('doctor.disk.ok', values);
  },

  port: ({ key, host, port, state, reason = '' }) => {
    const values = { key, host, port, reason };
    if (state === 'taken') return fail('doctor.port.taken', 'doctor.port.takenFix', values);
    if (state === 'forbidden') return fail('doctor.port.forbidden', 'doctor.port.forbiddenFix', values);
    if (state === 'no-address') return fail('doctor.port.noAddress', 'doctor.port.noAddressFix', values);
    if (port === 0) return ok('doctor.port.any', values);
    return ok(state === 'ours' ? 'doctor.port.ours' : 'doctor.port.free', values);
  },

  ice: ({ address, error, range, tried, free, sessions }) => {
    if (error !== undefined) return fail('doctor.ice.refused', 'doctor.ice.refusedFix', { address, error });
    if (!range) return ok('doctor.ice.any', { address });
    const [first, last] = range;
    const values = { first, last, tried, free, sessions };
    if (last < first) return fail('doctor.ice.empty', 'doctor.ice.narrowFix', values);
    if (free === 0) return fail('doctor.ice.taken', 'doctor.ice.narrowFix', values);
    const isNarrow = last - first + 1 < sessions;
    return isNarrow ? warn('doctor.ice.narrow', 'doctor.ice.narrowFix', values) : ok('doctor.ice.range', values);
  },

  udpBuffer: ({ askedBytes, grantedBytes }) => {
    const values = { asked: mib(askedBytes), granted: mib(grantedBytes), bytes: askedBytes };
    return grantedBytes >= askedBytes
      ? ok('doctor.udpBuffer.ok', values)
      : warn('doctor.udpBuffer.small', 'doctor.udpBuffer.fix', values);
  },

  clock: ({ strayedMs, watchedMs }) => {
    const values = { strayed: Math.round(strayedMs), watched: Math.round(watchedMs) };
    return Math.abs(strayedMs) <= STRAY_MS
      ? ok('doctor.clock.ok', values)
      : warn('doctor.clock.jumps', 'doctor.clock.fix', values);
  },

  timeSync: ({ synchronised }) => {
    if (synchronised === undefined) return warn('doctor.timeSync.unknown', 'doctor.timeSync.fix');
    return synchronised ? ok('doctor.timeSync.ok') : warn('doctor.timeSync.off', 'doctor.timeSync.fix');
  },

  serverClock: ({ aheadMs, unsureMs }) => {
    const seconds = (aheadMs / 1000).toFixed(1);
    return Math.abs(aheadMs) - unsureMs <= APART_MS
      ? ok('doctor.serverClock.ok')
      : warn('doctor.serverClock.apart', 'doctor.serverClock.fix', { seconds });
  },

  library: ({ pictures, error }) =>
    error === undefined && pictures > 0
      ? ok('doctor.library.ok', { pictures })
      : fail('doctor.library.bad', 'doctor.library.fix', { error: error ?? '0' }),

  store: ({ path, state, error = '' }) => {
    if (state === 'broken') return fail('doctor.store.broken', 'doctor.store.fix', { path, error });
    return ok(state === 'opens' ? 'doctor.store.ok' : 'doctor.store.new', { path });
  },

  publicUrl: ({ url, isSet, everywhere, answer, reason = '' }) => {
    if (!isSet && everywhere) return warn('doctor.publicUrl.unset', 'doctor.publicUrl.unsetFix', { url });
    if (answer === 'ours') return ok('doctor.publicUrl.ok', { url });
    if (answer === 'unasked') return ok('doctor.publicUrl.unasked', { url });
    const text = answer === 'other' ? 'doctor.publicUrl.other' : 'doctor.publicUrl.none';
    return warn(text, 'doctor.publicUrl.fix', { url, reason });
  },

  secrets: ({ path, state, mode }) => {
    if (state === 'open') return fail('doctor.secrets.open', 'doctor.secrets.fix', { path, mode });
    return ok(state === 'private' ? 'doctor.secrets.ok' : 'doctor.secrets.missing', { path });
  },

  font: ({ error }) =>
    error === undefined ? ok('doctor.font.ok') : fail('doctor.font.bad', 'doctor.library.fix', { error }),

  server: ({ pid, answer, failing }) => {
    if (pid === undefined) return ok('doctor.server.off');
    if (answer === 'ready') return ok('doctor.server.ok', { pid });
    if (answer === 'none') return fail('doctor.server.mute', 'doctor.server.muteFix', { pid });
    return fail('doctor.server.waiting', 'doctor.server.waitingFix', { pid, failing: failing.join(', ') });
  },
};

/** What facts come to. */
export function judge<Name extends CheckName>(check: Name, facts: NonNullable<Facts[Name]>): Finding {
  return { check, ...judges[check](facts) };
}
