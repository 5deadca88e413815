import { ConfigError } from '../config/load.ts';
import { openInstallation } from '../process/installation.ts';
import { signUserSig } from './verify.ts';

const DAY_SECONDS = 86_400;

/** `npm run usersig -- USER`: prints a UserSig of the first app of the configuration, valid for a day. */
function printUserSig(words: readonly string[]): void {
  const userId = words.at(-1);
  if (userId === undefined || userId.startsWith('-')) throw new ConfigError('say for whom: npm run usersig -- USER');
  const opened = openInstallation({ args: words.slice(0, -1), env: process.env });
  if (typeof opened === 'string') return void process.stdout.write(`${opened}\n`);
  const { sdk_app_id: sdkAppId, secret_key: secretKey } = opened.config.apps[0]!;
  const sig = signUserSig({ userId, sdkAppId, secretKey, nowMs: Date.now(), expireS: DAY_SECONDS });
  process.stdout.write(`${sig}\n`);
}

try {
  printUserSig(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`usersig: ${error.message}\n`);
  process.exitCode = 1;
}
