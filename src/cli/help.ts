import { columns } from './columns.ts';
import type { Command, Flag } from './command.ts';
import type { Translate } from './language.ts';

/** How a flag is written. */
export const flagText = (name: string, { value, short }: Pick<Flag, 'value' | 'short'>): string =>
  `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

/** The first line of a command's help. */
export const usageOf = ({ name, words }: Command): string =>
  ['roomtape', name, words, '[FLAGS]'].filter(Boolean).join(' ');

/** What `roomtape --help` prints. */
export function overviewText(commands: readonly Command[], t: Translate): string {
  const rows = commands.map(({ name, words, summary }) => [`  ${name} ${words}`.trimEnd(), t(summary)]);
  return [t('help.usage'), '', ...columns(rows), '', t('help.more'), t('help.codes'), t('help.language'), ''].join(
    '\n',
  );
}

/** What `roomtape COMMAND --help` prints. */
export function commandText(command: Command, t: Translate): string {
  const { summary, notes = [], flags, examples, more } = command;
  const rows = Object.entries(flags).map(([name, flag]) => [`  ${flagText(name, flag)}`, t(flag.help)]);
  const help = ['  -h, --help', t('flag.help')];
  return [
    usageOf(command),
    '',
    t(summary),
    ...notes.map((note) => t(note)),
    '',
    ...columns([...rows, help]),
    '',
    ...examples.map((example) => `  ${example}`),
    ...(more ? ['', more()] : []),
    '',
  ].join('\n');
}
