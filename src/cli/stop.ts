import { Refusal } from './admin-client.ts';
import { oneWord, readWords, type Command, type Flags } from './command.ts';
import { connect, connectionFlags } from './connection.ts';
import { exitCode } from './failure.ts';
import { follow, taskPath } from './follow.ts';
import { sayOutcome } from './outcome.ts';

const flags = {
  wait: { type: 'boolean', help: 'stop.wait' },
  json: { type: 'boolean', help: 'flag.json' },
  ...connectionFlags,
} as const satisfies Flags;

/** `roomtape stop TASK`. */
export const stop: Command = {
  name: 'stop',
  words: 'TASK',
  summary: 'stop.summary',
  flags,
  examples: ['roomtape stop TASK --wait'],
  async run(words, terminal) {
    const { values, positionals } = readWords(words, flags);
    const taskId = oneWord(positionals, 'TASK').replace(/^\.\//, '');
    const { client } = connect(values, terminal);
    try {
      await client.post(`${taskPath(taskId)}/stop`);
    } catch (error) {
      // Stopped already: what remains to be done is to wait.
      if (!(values.wait && error instanceof Refusal && error.status === 409)) throw error;
    }
    if (values.wait)
      return sayOutcome(await follow({ client, taskId, terminal }), taskId, terminal, values.json ?? false);
    terminal.out(values.json ? `${JSON.stringify({ taskId, stopping: true })}\n` : `${terminal.t('stop.asked')}\n`);
    return exitCode.done;
  },
};
