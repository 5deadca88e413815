import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import fastify from 'fastify';
import type { AppDirectory } from '../../src/config/apps.ts';
import { startMediaLibrary, type RunningLibrary } from '../../src/library/library.ts';
import { libraryPath } from '../../src/library/location.ts';
import { PlayLinks } from '../../src/library/play-links.ts';
import { registerLibrary } from '../../src/library/routes.ts';
import { extensionOf, partName } from '../../src/naming/file-name.ts';
import type { NewTask } from '../../src/tasks/service.ts';
import type { FinishedPart, LeasedJob } from '../../src/worker-api/messages.ts';
import {
  bench,
  claimJobs,
  doneReport,
  newTask,
  oneApp,
  recordedFile,
  recordTask,
  silentLog,
  tempFolder,
  type Bench,
} from '../tasks/fixture.ts';

/** A library over a real store and a real folder, served on a port of its own; its clock moves by hand. */
export interface LibraryBench extends Bench {
  readonly root: string;
  readonly origin: string;
  library: RunningLibrary;
  /** Ends the library and starts it anew on the same store and folder. */
  restart(): Promise<void>;
}

/** A file that lies in the library. */
export interface KeptFile {
  readonly taskId: string;
  readonly fileId: string;
  readonly name: string;
  readonly url: string;
  /** Where it lies, of HLS its playlist. */
  readonly path: string;
  readonly bytes: Buffer;
}

export async function libraryBench(
  t: TestContext,
  apps: Pick<AppDirectory, 'app'> = oneApp(),
  protectedApps?: ReadonlySet<number>,
): Promise<LibraryBench> {
  const b = await bench(t);
  const root = await tempFolder(t);
  const http = fastify();
  let origin = '';
  const links = new PlayLinks({
    publicUrl: () => origin,
    apps,
    clock: b.clock,
    ...(protectedApps === undefined ? {} : { protectedApps }),
  });
  await registerLibrary(http, { store: b.store, root, clock: b.clock, links });
  await http.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => http.close());
  origin = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
  const start = () => startMediaLibrary({ ...b, root, log: silentLog, links });
  const running: LibraryBench = {
    ...b,
    root,
    origin,
    library: start(),
    async restart() {
      await running.library.close();
      running.library = start();
    },
  };
  t.after(() => running.library.close());
  return running;
}

/** How a file comes into the library: its task, who is on it, and what its recorder reports. */
export interface Kept {
  readonly task?: Partial<NewTask>;
  readonly userId?: string;
  readonly part?: Partial<FinishedPart>;
  readonly bytes?: Buffer;
  /** Puts the file in its place; by default the bytes are written there. */
  readonly place?: (path: string) => Promise<Partial<FinishedPart>>;
}

/** Records, finishes and reports one file as a recorder would, so that the library has it. */
export async function keep(b: LibraryBench, { task, userId = 'a', part, bytes, place }: Kept = {}): Promise<KeptFile> {
  const taskId = await recordTask(b, [recordedFile(userId)], newTask(task));
  const [job] = await claimJobs(b.tasks, 'r');
  if (!job) throw new Error('there is nothing to finish');
  const { fileId, container } = job;
  const path = libraryPath(b.root, { subAppId: subAppOf(job), fileId }, container);
  await mkdir(dirname(path), { recursive: true });
  const content = bytes ?? randomBytes(1000);
  const placed = place ? await place(path) : await writeBytes(path, content);
  const name = partName(job.nameStem, undefined, extensionOf[container]);
  await b.tasks.reportJob(job.jobId, doneReport(job, { name, ...placed, ...part }));
  const url = `${b.origin}/vod/${subAppOf(job)}/${fileId}/${encodeURIComponent(name)}`;
  return { taskId, fileId, name, url, path, bytes: content };
}

export const subAppOf = ({ destination }: LeasedJob): number => (destination.kind === 'vod' ? destination.subAppId : 0);

async function writeBytes(path: string, bytes: Buffer): Promise<Partial<FinishedPart>> {
  await writeFile(path, bytes);
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
