import { openInstallation } from '../process/installation.ts';
import { signUserSig } from '../usersig/verify.ts';
import { oneWord, readWords, wholeNumber, type Command, type Flags } from './command.ts';
import { exitCode, UsageError } from './failure.ts';

const flags = {
  app: { type: 'string', value: 'N', help: 'usersig.app' },
  hours: { type: 'string', value: 'N', help: 'usersig.hours' },
  config: { type: 'string', value: 'FILE', help: 'flag.config' },
  'data-dir': { type: 'string', value: 'DIR', help: 'flag.dataDir' },
} as const satisfies Flags;

/** `roomtape usersig USER`, `npm run usersig -- USER`: signs with the key in the configuration; nothing needs to run. */
export const usersig: Command = {
  name: 'usersig',
  words: 'USER',
  summary: 'usersig.summary',
  flags,
  examples: ['roomtape usersig alice', 'roomtape usersig alice --app 1400000001 --hours 2'],
  async run(words, terminal) {
    const { values, positionals } = readWords(words, flags);
    const userId = oneWord(positionals, 'USER');
    const hours = wholeNumber(values.hours ?? '24', 'hours', 1, 87_600);
    const { sdk_app_id: sdkAppId, secret_key: secretKey } = appOf(values, terminal.env);
    const request = { userId, sdkAppId, secretKey, nowMs: terminal.clock.wallMs(), expireS: hours * 3600 };
    terminal.out(`${signUserSig(request)}\n`);
    return exitCode.done;
  },
};

/** The app that was named, or the first one. @throws UsageError, ConfigError */
function appOf(
  values: {
    readonly app?: string | undefined;
    readonly config?: string | undefined;
    readonly 'data-dir'?: string | undefined;
  },
  env: Readonly<Record<string, string | undefined>>,
) {
  const args = (['config', 'data-dir'] as const).flatMap((flag) => {
    const value = values[flag];
    return value === undefined ? [] : [`--${flag}`, value];
  });
  const opened = openInstallation({ args, env });
  if (typeof opened === 'string') throw new UsageError('--help is no user');
  const { apps } = opened.config;
  const found = values.app === undefined ? apps[0] : apps.find((app) => String(app.sdk_app_id) === values.app);
  if (!found) throw new UsageError(`--app: ${values.app} is none of ${apps.map((app) => app.sdk_app_id).join(', ')}`);
  return found;
}
