import { resolve } from 'node:path';
import { readWords, type Command, type Flags } from './command.ts';
import type { CheckName, Facts } from './doctor/facts.ts';
import type { Finding, Level } from './doctor/finding.ts';
import { judge } from './doctor/judge.ts';
import * as machine from './doctor/machine.ts';
import * as server from './doctor/server.ts';
import { exitCode, UsageError } from './failure.ts';
import { readLocalServer, type LocalChoice, type LocalServer } from './local-server.ts';
import { Progress } from './progress.ts';
import type { Terminal, Tone } from './terminal.ts';

const flags = {
  json: { type: 'boolean', help: 'flag.json' },
  config: { type: 'string', value: 'FILE', help: 'flag.config' },
  'data-dir': { type: 'string', value: 'DIR', help: 'flag.dataDir' },
} as const satisfies Flags;

/** `roomtape doctor`: what this machine's server needs, whether it runs or not. */
export const doctor: Command = {
  name: 'doctor',
  words: '',
  summary: 'doctor.summary',
  notes: ['doctor.notes'],
  flags,
  examples: ['roomtape doctor', 'roomtape doctor --config /etc/roomtape.yaml --json'],
  async run(words, terminal) {
    const { values, positionals } = readWords(words, flags);
    if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is too much`);
    const progress = new Progress(terminal);
    if (!values.json) progress.show(terminal.t('doctor.looking'));
    const findings = await examine(values, terminal.env);
    progress.end();
    const isWell = findings.every(({ level }) => level !== 'fail');
    terminal.out(values.json ? asJson(findings, isWell, terminal) : asText(findings, terminal));
    return isWell ? exitCode.done : exitCode.failed;
  },
};

/** Every check in the order of the report; those of the server only where the configuration can be read. */
async function examine(choice: LocalChoice, env: Terminal['env']): Promise<Finding[]> {
  const local = localServer(choice, env);
  const general = [
    finding('node', { version: process.versions.node }),
    finding('configuration', local instanceof Error ? { error: local.message } : {}),
  ];
  const ofServer = local instanceof Error ? [] : ofInstallation(local);
  const ofMachine = [
    finding('udpBuffer', machine.udpBufferFacts()),
    finding('clock', machine.clockFacts()),
    finding('timeSync', machine.timeSyncFacts()),
    finding('library', machine.libraryFacts()),
    finding('font', machine.fontFacts()),
  ];
  const found = await Promise.all([...general, ...ofServer, ...ofMachine]);
  return found.filter((one) => one !== undefined);
}

function ofInstallation(local: LocalServer): Promise<Finding | undefined>[] {
  const { config } = local;
  const dataDir = resolve(config.data_dir);
  const health = server.serverFacts(local);
  const isRunning = health.then(({ pid, answer }) => pid !== undefined && answer !== 'none');
  const port = async (key: 'http.port' | 'rooms.port', at: Pick<Config['http'], 'host' | 'port'>) =>
    server.portFacts(key, at, (await health).pid !== undefined);
  return [
    finding('server', health),
    finding('dataDir', machine.dataDirFacts(dataDir)),
    finding('disk', machine.diskFacts(dataDir, config)),
    finding('secrets', machine.secretsFacts(dataDir)),
    finding('store', machine.storeFacts(dataDir)),
    // Where it listens, if it runs: --port may have said so.
    finding('port', port('http.port', { ...config.http, port: Number(new URL(local.url).port || 80) })),
    finding('port', port('rooms.port', config.rooms)),
    finding(
      'publicUrl',
      isRunning.then((running) => server.publicUrlFacts(local, running)),
    ),
    finding(
      'serverClock',
      isRunning.then((running) => (running ? server.serverClockFacts(local) : undefined)),
    ),
    finding('ice', machine.iceFacts(config)),
  ];
}

type Config = LocalServer['config'];

async function finding<Name extends CheckName>(
  check: Name,
  facts: Facts[Name] | Promise<Facts[Name]>,
): Promise<Finding | undefined> {
  const found = await facts;
  return found === undefined ? undefined : judge(check, found);
}

/** A damaged secrets.json stops the server as a wrong key does. */
function localServer(choice: LocalChoice, env: Terminal['env']): LocalServer | Error {
  try {
    return readLocalServer(choice, env);
  } catch (error) {
    return error as Error;
  }
}

const marks: Readonly<Record<Level, readonly [mark: string, tone: Tone]>> = {
  ok: ['✓', 'good'],
  warn: ['!', 'warn'],
  fail: ['✗', 'bad'],
};

function asText(findings: readonly Finding[], { t, tone }: Terminal): string {
  const lines = findings.flatMap(({ level, text, remedy, values }) => {
    const [mark, colour] = marks[level];
    return [`${tone(colour, mark)} ${t(text, values)}`, ...(remedy ? [`  → ${t(remedy, values)}`] : [])];
  });
  const count = (level: Level): number => findings.filter((one) => one.level === level).length;
  return [...lines, '', t('doctor.sum', { ok: count('ok'), warn: count('warn'), fail: count('fail') }), ''].join('\n');
}

function asJson(findings: readonly Finding[], ok: boolean, { t }: Terminal): string {
  const checks = findings.map(({ check, level, text, remedy, values }) => {
    return { check, level, text: t(text, values), ...(remedy ? { remedy: t(remedy, values) } : {}), values };
  });
  return `${JSON.stringify({ ok, checks }, undefined, 2)}\n`;
}
