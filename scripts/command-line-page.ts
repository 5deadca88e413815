import { commands } from '../src/cli/commands.ts';
import type { Command, Flag } from '../src/cli/command.ts';
import { flagText, usageOf } from '../src/cli/help.ts';
import { translator } from '../src/cli/language.ts';
import { table } from './markdown-table.ts';

const HEAD = `# Command line

<!-- written by \`npm run reference\` from src/cli/commands.ts; edit the commands -->

\`bin/roomtape\` after \`npm ci\`; \`npm link\` puts \`roomtape\` on the path. \`roomtape --help\` lists the commands, \`roomtape COMMAND --help\` tells of one, \`roomtape --version\` says the version.

Commands that ask a server find the one of this machine by themselves, by its configuration and data directory. For another one give \`--url\` or \`ROOMTAPE_URL\`, and its token as \`ROOMTAPE_ADMIN_TOKEN\` or in a file (\`--token-file\`); the token of this machine's server is sent to no other.

What a command answers goes to standard output, progress and errors to standard error. With \`--json\` the answer, an error included (\`{"error": {"message", "remedy"}}\`), is JSON. People are spoken to in English or Chinese, by \`LANG\` or \`--lang en|zh\`; colours are for terminals only, and never with \`NO_COLOR\`.
`;

const CODES = [
  ['0', 'done'],
  ['1', 'failed: the reason and what to do are told'],
  ['2', 'the command line is wrong; of `verify`: it cannot be checked'],
  ['130', 'Ctrl-C or SIGTERM ended the following, and what was followed goes on'],
];

const t = translator('en');
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);

const flagRow = ([name, flag]: [string, Flag]): string[] => [`\`${cell(flagText(name, flag))}\``, cell(t(flag.help))];

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

function section(command: Command): string {
  const { name, summary, notes = [], flags, examples } = command;
  return [
    `## ${name}`,
    '',
    `\`${usageOf(command)}\``,
    '',
    [sentence(t(summary)), ...notes.map((note) => t(note))].join(' '),
    '',
    table([['Flag', 'Meaning'], ...Object.entries(flags).map(flagRow)]),
    '```sh',
    ...examples,
    '```',
    '',
  ].join('\n');
}

/** The page of `roomtape`, made from the table that its help is made from. */
export function commandLinePage(): string {
  const codes = table([['Exit code', 'Meaning'], ...CODES]);
  return `${[HEAD, codes, ...commands.map(section)].join('\n').trimEnd()}\n`;
}
