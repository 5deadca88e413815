import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/load.ts';
import { commands } from './commands.ts';
import { exitCode, Failure, UsageError } from './failure.ts';
import { commandText, overviewText } from './help.ts';
import { chooseLanguage } from './language.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** `roomtape COMMAND …`; answers the code to end with. */
async function runCommand([name = '--help', ...words]: readonly string[], terminal: Terminal): Promise<number> {
  const { t, out, aside } = terminal;
  const command = commands.find((one) => one.name === name);
  const asksHelp = words.includes('--help') || words.includes('-h');
  if (command) {
    if (!asksHelp) return command.run(words, terminal);
    out(commandText(command, t));
    return exitCode.done;
  }
  if (name === '--version') out(`${version()}\n`);
  else if (['--help', '-h', 'help'].includes(name)) out(overviewText(commands, t));
  else {
    aside(`roomtape: ${t('help.unknown', { name })}\n\n${overviewText(commands, t)}`);
    return exitCode.usage;
  }
  return exitCode.done;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** One line, and what to do about it in another; for machines both in an object. What nobody foresaw is thrown on. */
function report(error: unknown, words: readonly string[], { t, out, aside, tone }: Terminal): number {
  if (!(error instanceof Failure) && !(error instanceof ConfigError)) throw error;
  const { message } = error;
  const remedy = error instanceof Failure ? (error.remedy ?? hintOf(error, words[0], t)) : undefined;
  if (words.includes('--json')) out(`${JSON.stringify({ error: { message, remedy } }, undefined, 2)}\n`);
  else {
    aside(`${tone('bad', ['roomtape', words[0]].join(' '))}: ${message}\n`);
    if (remedy !== undefined) aside(`  → ${remedy}\n`);
  }
  return error instanceof Failure ? error.code : exitCode.failed;
}

const hintOf = (error: Failure, name: string | undefined, t: Terminal['t']): string | undefined =>
  error instanceof UsageError ? t('help.hint', { name: name ?? '' }) : undefined;

const { language, rest } = chooseLanguage(process.argv.slice(2), process.env);
const terminal = openTerminal(language);
try {
  process.exitCode = await runCommand(rest, terminal);
} catch (error) {
  process.exitCode = report(error, rest, terminal);
}
