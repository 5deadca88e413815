import { helpText } from '../config/load.ts';
import type { Command } from './command.ts';
import { exitCode } from './failure.ts';

/** `roomtape start …`: what `npm start` runs, in this very process, so that signals and its name reach it. */
export const start: Command = {
  name: 'start',
  words: '',
  summary: 'start.summary',
  notes: ['start.notes'],
  flags: {
    config: { type: 'string', value: 'FILE', help: 'flag.config' },
    port: { type: 'string', value: 'N', help: 'flag.port' },
    'data-dir': { type: 'string', value: 'DIR', help: 'flag.dataDir' },
  },
  examples: ['roomtape start', 'roomtape start --config /etc/roomtape.yaml'],
  more: () => helpText('roomtape start'),
  async run(words) {
    const { startInstallation } = await import('../process/start.ts');
    await startInstallation(words);
    return exitCode.done;
  },
};
