import { after, before, test } from 'node:test';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { launchChromium, type ChromiumKit } from '../kit/chromium.ts';
import { TestServer } from '../kit/server.ts';
import {
  assertAccessible,
  assertNoFaults,
  firstPassword,
  goTo,
  languages,
  openConsole,
  picture,
  signIn,
} from './console-kit.ts';

/** The console in a real Chromium on a real server, whose tasks were recorded from real publishers. */

const LESSON = { roomId: '会议 1', kind: 'string' } as const;
let server: TestServer;
let chromium: ChromiumKit;
let password: string;

before(async () => {
  [server, chromium] = await Promise.all([TestServer.start(), launchChromium()]);
  password = firstPassword(server);
  const alice = await publish(LESSON, 'alice');
  const done = await server.record(LESSON, 1, { RecordParams: { OutputFormat: 3 } });
  await server.untilStatus(done, 'InProgress');
  await new Promise((resume) => setTimeout(resume, 3000));
  await server.stop(done);
  await alice.close();
});

after(async () => {
  await chromium?.close();
  await server?.close();
});

const publish = (room: { readonly roomId: string; readonly kind?: 'string' }, userId: string) =>
  forkSyntheticAnchor({ ...server.whip(room, userId), name: userId, colour: '#3060c0' });

for (const language of ['en', 'zh'] as const) {
  test(`${language}: sign in, and see what goes on`, async () => {
    const t = languages[language];
    const page = await openConsole(chromium.browser, server, { language });
    await page.getByRole('heading', { name: t['signIn.title'] }).waitFor();
    await picture(page, `${language}-sign-in`);
    await assertAccessible(page, 'sign-in');
    await signIn(page, language, 'admin', password);
    await page.getByText(t['overview.takes.both']).first().waitFor();
    await picture(page, `${language}-overview`);
    await assertAccessible(page, 'overview');
    for (const name of ['recordings', 'library', 'rooms', 'account'] as const) {
      await goTo(page, language, name);
      await page.waitForTimeout(700);
      await picture(page, `${language}-${name}`);
      await assertAccessible(page, name);
    }
    await page.context().close();
    assertNoFaults();
  });
}
