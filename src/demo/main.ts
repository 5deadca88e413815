import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { runDemo } from './demo.ts';

/** `npm run demo`: see docs of runDemo. Exit code 0 only when every file came, was signed for and opens. */
const options = {
  'data-dir': { type: 'string', default: 'data/demo' },
  port: { type: 'string', default: '8080' },
  stay: { type: 'boolean', default: isatty(0) },
} as const;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const { values } = parseArgs({ options });
  const ok = await runDemo({ dataDir: values['data-dir'], port: Number(values.port), stay: values.stay, say });
  process.exit(ok ? 0 : 1);
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
