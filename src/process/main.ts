import { ConfigError } from '../config/load.ts';
import { startInstallation } from './start.ts';

/** `npm start`. */
try {
  await startInstallation(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`roomtape: ${error.message}\n`);
  process.exitCode = 1;
}
