import { isatty } from 'node:tty';
import { readWords, wholeNumber, type Command, type Flags } from './command.ts';
import { exitCode } from './failure.ts';

const flags = {
  'data-dir': { type: 'string', value: 'DIR', help: 'demo.dataDir' },
  port: { type: 'string', value: 'N', help: 'demo.port' },
  stay: { type: 'boolean', help: 'demo.stay' },
} as const satisfies Flags;

/** `roomtape demo`, `npm run demo`: done only when every file came, was signed for and opens. */
export const demo: Command = {
  name: 'demo',
  words: '',
  summary: 'demo.summary',
  flags,
  examples: ['roomtape demo --stay'],
  async run(words, terminal) {
    const { values } = readWords(words, flags);
    const port = wholeNumber(values.port ?? '8080', 'port', 0, 65_535);
    const { runDemo } = await import('../demo/demo.ts');
    const say = (text: string): void => terminal.out(`${text}\n`);
    const isWell = await runDemo({
      dataDir: values['data-dir'] ?? 'data/demo',
      port,
      stay: values.stay ?? isatty(0),
      say,
    });
    // The media library keeps threads.
    process.exit(isWell ? exitCode.done : exitCode.failed);
  },
};
