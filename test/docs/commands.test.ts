import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startRoomtape, type RoomtapeProcess } from '../../src/demo/roomtape-process.ts';
import { metricTable } from '../../src/server/metric-table.ts';
import type { SyntheticAnchor } from '../../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { signUserSig } from '../../src/usersig/verify.ts';
import { launchChromium } from '../kit/chromium.ts';
import { blocksOf, root, runPages, type Block } from './pages.ts';

/**
 * Runs the shell and JavaScript blocks of the README and of every guide as a reader would: page by page, in order, in one
 * shell, in a folder that looks like the repository and has the data of a running server. Somebody publishes in room 10001.
 */

const exec = promisify(execFile);
const PAGE_MS = 300_000;

/** What `npm` and the examples need to find beside them. */
const LINKED = ['package.json', 'start.mjs', 'bin', 'src', 'node_modules'];

interface DemoAccount {
  readonly sdkAppId: number;
  readonly appSecret: string;
}

interface Secrets {
  readonly demo: DemoAccount;
  readonly adminToken: string;
}

const isRunnable = ({ language, notRun, inBrowser }: Block): boolean =>
  ['sh', 'js'].includes(language) && notRun === undefined && !inBrowser;

/** JavaScript becomes a file that is run; the shell's lines stand as they are. Before each one its place is told. */
function scriptOf(blocks: readonly Block[], folder: string): string {
  const lines = blocks.map(({ page, line, language, text }, index) => {
    const told = `echo "--- ${page}:${line}" >&2`;
    if (language === 'sh') return `${told}\n${text}`;
    const file = join(folder, `example-${index}.mjs`);
    writeFileSync(file, text);
    return `${told}\nnode ${file}`;
  });
  return ['set -eu', ...lines].join('\n');
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;

describe('the commands of the documents', { skip: hasCurl ? false : 'curl is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-docs-'));
  let server: RoomtapeProcess;
  let secrets: Secrets;
  let anchor: SyntheticAnchor;

  before(async () => {
    for (const name of LINKED) symlinkSync(join(root, name), join(folder, name));
    // What `npm link` does for the reader.
    mkdirSync(join(folder, 'path'));
    symlinkSync(join(root, 'bin', 'roomtape'), join(folder, 'path', 'roomtape'));
    // A request that is refused ends the page.
    writeFileSync(join(folder, '.curlrc'), 'fail\nshow-error\n');
    const dataDir = join(folder, 'data');
    const env = { ROOMTAPE_LOG__LEVEL: 'info' };
    server = await startRoomtape({ dataDir, port: 0, env, logFile: join(folder, 'server.log') });
    secrets = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as Secrets;
    anchor = await forkSyntheticAnchor({ ...seat('anna'), name: 'anna', colour: '#c03030' });
  });

  after(async () => {
    await anchor?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Where and as whom a user publishes in room 10001. */
  function seat(userId: string): { url: string; token: string } {
    const { sdkAppId, appSecret: secretKey } = secrets.demo;
    const token = signUserSig({ userId, sdkAppId, secretKey, nowMs: Date.now(), expireS: 3600 });
    return { url: `${server.url}/whip/${sdkAppId}/10001/${userId}`, token };
  }

  /** Users in rooms and how many tracks they send, as the admin API has them. */
  async function anchors(): Promise<ReadonlyMap<string, number>> {
    const headers = { Authorization: `Bearer ${secrets.adminToken}` };
    const answer = await fetch(`${server.url}/admin/v1/rooms`, { headers });
    const { items } = (await answer.json()) as { items: { anchors: { userId: string; tracks: unknown[] }[] }[] };
    return new Map(items.flatMap((room) => room.anchors).map(({ userId, tracks }) => [userId, tracks.length]));
  }

  async function until(holds: (there: ReadonlyMap<string, number>) => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!holds(await anchors())) {
      assert.ok(Date.now() < deadline, 'it did not come about within 20 s');
      await sleep(200);
    }
  }

  /** Examples speak of the default port and of an app of the reader's. */
  const placed = (block: Block): Block => ({
    ...block,
    text: block.text
      .replaceAll('127.0.0.1:8080', new URL(server.url).host)
      .replaceAll('1400000001', String(secrets.demo.sdkAppId)),
  });

  async function run(page: string): Promise<string> {
    const script = scriptOf(blocksOf(page).filter(isRunnable).map(placed), folder);
    const path = [join(folder, 'path'), dirname(process.execPath), process.env['PATH']].join(':');
    const env = { ...process.env, PATH: path, CURL_HOME: folder, TOKEN: secrets.adminToken };
    try {
      return (await exec('bash', ['-c', script], { cwd: folder, env, timeout: PAGE_MS })).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${page} failed after the last place named here:\n${stderr}\n${stdout}`, { cause: error });
    }
  }

  for (const page of runPages) {
    test(`those of ${page} do what they say`, async () => {
      assert.ok(blocksOf(page).some(isRunnable), 'there is nothing to run');
      const said = await run(page);
      const expected = SAID[page];
      if (expected) assert.match(said, expected);
    });
  }

  test('the module for a page publishes camera and microphone, and leaves', async (t) => {
    const modules = runPages.flatMap(blocksOf).filter(({ inBrowser }) => inBrowser);
    assert.equal(modules.length, 1);
    const { browser } = await launchChromium();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${server.url}/healthz`);
    await page.addScriptTag({ type: 'module', content: `${modules[0]!.text}\nwindow.publish = publish;` });
    const { url, token } = seat('tab');
    await page.evaluate(`publish('${url}', '${token}').then((leave) => (window.leave = leave))`);
    await until((there) => there.get('tab') === 2);
    await page.evaluate('leave()');
    await until((there) => !there.has('tab'));
  });

  test('the reference tells of every metric', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const names = text.match(/^roomtape_(?!server_)\w+/gm) ?? [];
    assert.ok(names.length > 50);
    assert.deepEqual(
      names.filter((name) => !Object.hasOwn(metricTable, name)),
      [],
    );
    const shown = new Set(names);
    assert.deepEqual(
      Object.keys(metricTable).filter((name) => !shown.has(name)),
      [],
    );
  });
});

/** What a reader is told to look for. */
const SAID: Readonly<Record<string, RegExp>> = {
  'README.md': /InProgress/,
  'docs/guides/first-recording.md': /"anna"[\s\S]*room\.mp4/,
  'docs/guides/move-from-trtc.md': /RequestId[\s\S]*callbacks go to port/,
  'docs/guides/publish-with-obs-and-ffmpeg.md': /\/10001\/studio/,
  'docs/guides/auto-recording.md': /"max_idle_time":30/,
  'docs/guides/production-checklist.md': /ready[\s\S]*roomtape_recorders_connected 2/,
};
