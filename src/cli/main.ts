import { runVerify } from './verify.ts';

/** A subcommand: its words, and the code that the process ends with. */
type Command = (words: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, { readonly run: Command; readonly what: string }>> = {
  verify: { run: runVerify, what: 'check that a recording was not cut, replaced or re-ordered' },
};

const help = [
  'roomtape COMMAND …',
  '',
  ...Object.entries(commands).map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`),
  '',
  'roomtape COMMAND --help tells more.',
  '',
].join('\n');

const [name = '--help', ...words] = process.argv.slice(2);
const command = commands[name];
if (command) process.exitCode = await command.run(words);
else if (name === '--help' || name === '-h') process.stdout.write(help);
else {
  process.stderr.write(`roomtape: there is no command "${name}"\n\n${help}`);
  process.exitCode = 2;
}
