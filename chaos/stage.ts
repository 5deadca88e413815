import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyntheticAnchor } from '../src/synthetic/anchor.ts';
import { forkSyntheticAnchor } from '../src/synthetic/forked-anchor.ts';
import { wallUs, type WallUs } from '../src/units.ts';
import { SDK_APP_ID, TestServer } from '../test/kit/server.ts';
import { ClockReader, type Camera } from './clock-reader.ts';
import { lossesIn, muteSeconds, type Loss } from './losses.ts';
import { killFamily } from './processes.ts';
import type { Row } from './scenario.ts';
import { libraryShelf, type Shelf } from './shelf.ts';
import { seeFile, type SeenFile } from './seen-file.ts';
import { judgeCallbacks, type Told } from './told.ts';
import { evidenceFaults } from './evidence.ts';

/** What every camera of the suite sends; mixes are as large, so that the clock is read in them as well. */
export const CAMERA: Camera = { width: 640, height: 360, fps: 15 };

const MIX = { Width: CAMERA.width, Height: CAMERA.height, Fps: CAMERA.fps, BitRate: 800_000, Gop: 2 };

/** A recording that runs or has run. */
export interface Recording {
  readonly taskId: string;
  readonly mode: 'single' | 'mixed';
  /** User whose pictures are in it. */
  readonly userId: string;
  /** When media was known to be arriving. */
  readonly begunAt: WallUs;
  /** When its stop was taken. */
  readonly stoppedAt?: WallUs;
}

/** A recording that has ended, with all that came of it. */
export interface Result extends Recording {
  readonly stoppedAt: WallUs;
  readonly told: Told;
  /** Those of its files that play. */
  readonly seen: readonly SeenFile[];
  readonly files: number;
  readonly unplayable: readonly string[];
}

/** How a stage is set up. */
export interface StageOptions {
  /** Rooms, with one camera each. */
  readonly rooms: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of a temporary folder. */
  readonly dataDir?: string;
  /** Bits a second of each camera, used to the full; a plain pattern that needs far less unless told. */
  readonly bitrate?: number;
  /** Where files go; the library unless told. */
  readonly shelf?: Shelf;
}

/** What is done to the server beside the plain course of a stop. */
export interface Ending {
  readonly say?: (line: string) => void;
  /** When all stops were taken, before the last events are waited for. */
  readonly meanwhile?: () => Promise<void>;
}

/** How long a task may take from Delete to its last event. */
const END_MS = 90_000;

/** A whole server with cameras in their rooms, recorded in single files and as mixes. */
export class Stage {
  readonly server: TestServer;
  readonly #anchors: readonly SyntheticAnchor[];
  readonly #reader = new ClockReader(CAMERA);
  readonly #scratch: string;
  readonly #shelf: Shelf;
  #bots = 0;

  private constructor(
    server: TestServer,
    anchors: readonly SyntheticAnchor[],
    more: { scratch: string; shelf: Shelf },
  ) {
    this.server = server;
    this.#anchors = anchors;
    this.#scratch = more.scratch;
    this.#shelf = more.shelf;
  }

  /** Starts the server and its cameras, which publish again whenever they are cut off. */
  static async open({ rooms, env = {}, dataDir, bitrate, shelf = libraryShelf }: StageOptions): Promise<Stage> {
    const scratch = mkdtempSync(join(tmpdir(), 'roomtape-chaos-'));
    const place = { dataDir: dataDir ?? join(scratch, 'data'), logFile: join(scratch, 'server.log') };
    const server = await TestServer.start(env, place);
    const names = Array.from({ length: rooms }, (_, index) => index);
    const anchors = names.map((index) => {
      const name = userIn(index);
      const picture = bitrate === undefined ? {} : { bitrate, grain: true };
      const options = { ...server.whip(roomOf(index), name), name, colour: '#305080', reconnect: true, ...picture };
      return forkSyntheticAnchor(options);
    });
    return new Stage(server, await Promise.all(anchors), { scratch, shelf });
  }

  /** Begins a single and a mixed recording in each room (or what `modes` says); resolves when media is in all of them. */
  async begin(modes: readonly Recording['mode'][] = ['single', 'mixed'], more: object = {}): Promise<Recording[]> {
    const begun = this.#anchors.flatMap((_, room) => modes.map((mode) => this.#record(room, mode, more)));
    return Promise.all(begun);
  }

  /** Asks for a recording; gives its TaskId. Rejects with the SDK's error. */
  create(room: number, mode: Recording['mode'], more: object = {}): Promise<string> {
    const request = { MixTranscodeParams: { VideoParams: MIX }, ...this.#shelf.request, ...more };
    return this.server.record(roomOf(room), mode === 'single' ? 1 : 2, request, `bot_${(this.#bots += 1)}`);
  }

  async #record(room: number, mode: Recording['mode'], more: object): Promise<Recording> {
    const taskId = await this.create(room, mode, more);
    await this.server.untilStatus(taskId, 'InProgress', 30_000);
    return { taskId, mode, userId: userIn(room), begunAt: now() };
  }

  /** Stops recordings, waits for their last events and looks at every file. */
  async end(recordings: readonly Recording[], { say = () => undefined, meanwhile }: Ending = {}): Promise<Result[]> {
    const stopped = await this.stop(recordings);
    await meanwhile?.();
    await Promise.all(recordings.map(({ taskId }) => this.#untilEnded(taskId, say)));
    const results: Result[] = [];
    // One after the other: decoding takes all of a core, which the server needs for what still runs.
    for (const one of stopped) results.push({ ...one, ...(await this.look(one)) });
    return results;
  }

  /** Stops recordings; resolves when all stops were taken. */
  stop(recordings: readonly Recording[]): Promise<(Recording & { readonly stoppedAt: WallUs })[]> {
    return Promise.all(recordings.map(async (one) => ({ ...one, stoppedAt: await this.#stop(one) })));
  }

  /** As a client must that meets a restarting server. Resolves with when the stop was taken. */
  async #stop({ taskId, stoppedAt }: Recording): Promise<WallUs> {
    if (stoppedAt !== undefined) return stoppedAt;
    const deadline = Date.now() + 30_000;
    for (;;) {
      try {
        await this.server.client.DeleteCloudRecording({ SdkAppId: SDK_APP_ID, TaskId: taskId });
        return now();
      } catch (error) {
        if (this.server.receiver.events(taskId, 302).length > 0) return now();
        if (Date.now() > deadline) throw error;
        await sleep(300);
      }
    }
  }

  /** Resolves when the last event of a task has come and another had time to follow it, or it is hopeless. */
  async #untilEnded(taskId: string, say: (line: string) => void): Promise<void> {
    const { receiver } = this.server;
    const ended = (): boolean => this.#shelf.ended(receiver.events(taskId));
    await receiver
      .waitFor(ended, END_MS)
      .catch((error: unknown) => say(`task ${taskId} did not end: ${String(error)}`));
    await sleep(300);
  }

  /** Judges the callbacks of a task and its evidence, and decodes all files that they announced. */
  async look({ taskId, mode }: Recording): Promise<Omit<Result, keyof Recording>> {
    const told = await this.#judge(taskId);
    const files = this.#shelf.files(taskId, this.server.receiver.events(taskId));
    const unplayable: string[] = [];
    const seen: SeenFile[] = [];
    for (const file of files) {
      const path = join(this.#scratch, 'file');
      try {
        await writeFile(path, await file.bytes());
        seen.push(await seeFile(path, file, this.#reader, CAMERA));
      } catch (error) {
        unplayable.push(`${mode} file ${file.name} does not play: ${(error as Error).message}`);
      }
    }
    return { told, seen, files: files.length, unplayable };
  }

  async #judge(taskId: string): Promise<Told> {
    const told = judgeCallbacks(this.server.receiver.received, taskId);
    return { ...told, faults: [...told.faults, ...(await evidenceFaults(this.server.dataDir, taskId))] };
  }

  /** Ends everything at once, as a power cut does. The server can be started again. */
  crash(): void {
    killFamily(this.server.process.pid);
  }

  /** Pictures that the cameras could not take, since the machine was busy; they look as if they were lost. */
  skipped(): number {
    return this.#anchors.reduce((sum, anchor) => sum + anchor.stats().skipped, 0);
  }

  /** Cameras leave, the server is drained and its data removed. */
  async close(): Promise<void> {
    await Promise.all(this.#anchors.map((anchor) => anchor.close()));
    await this.server.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

const roomOf = (index: number): { roomId: string } => ({ roomId: String(7001 + index) });
const userIn = (index: number): string => `camera${index + 1}`;

/** The machine's time, by which cameras stamp and blows are noted. */
export const now = (): WallUs => wallUs(Date.now() * 1000);

/** Seconds that a picture may stand from its time. */
const MISPLACED_S = 0.5;

/** What is wrong in a file beside what is missing. */
function faultsSeen({ damaged, timed, misplaced }: SeenFile): string[] {
  return [
    ...(damaged > 0 ? [`${damaged} damaged pictures`] : []),
    ...(timed && misplaced > MISPLACED_S ? [`a picture stands ${misplaced.toFixed(1)} s from its time`] : []),
  ];
}

/** Enough of a TaskId to find it in the log. */
export const short = (taskId: string): string => taskId.slice(0, 8);

/** Adds what came of recordings to a row: files (`wanted` of each), callbacks and their faults. */
export function addResults(row: Row, results: readonly Result[], wanted = 1): Row {
  const faults = results.flatMap(({ taskId, mode, told, files, seen }) => [
    ...seen.flatMap(faultsSeen).map((fault) => `${mode} task ${short(taskId)}: ${fault}`),

    ...told.faults.map((fault) => `${mode} task ${short(taskId)}: ${fault} (${told.types.join(' ')})`),
    ...(files === wanted ? [] : [`${mode} task ${short(taskId)}: ${files} files (${told.types.join(' ')})`]),
  ]);
  const sum = (of: (result: Result) => number): number => results.reduce((total, one) => total + of(one), 0);
  return {
    ...row,
    files: row.files + sum(({ files }) => files),
    unplayable: [...row.unplayable, ...results.flatMap(({ unplayable }) => unplayable)],
    tasks: row.tasks + results.length,
    duplicates: row.duplicates + sum(({ told }) => told.duplicates),
    takeovers: row.takeovers + sum(({ told }) => told.takeovers),
    faults: [...row.faults, ...faults],
  };
}

/** A recorder needs this long to hear of the end; what a camera sent shortly before may still be on its way. */
const LATE_S = 1;

/** What is missing in a file from its first picture to the stop of its recording; a second that has pictures and no beep counts whole. */
export function lossesUntil({ numbers, beeps, timed }: SeenFile, stoppedAt: WallUs): Loss[] {
  const last = (numbers.at(-1) ?? 0) / CAMERA.fps;
  const seconds = stoppedAt / 1_000_000 - last;
  const atEnd = seconds > LATE_S ? [{ from: instant(last), to: stoppedAt, seconds }] : [];
  const mute = timed ? muteSeconds(numbers, beeps, CAMERA.fps) : [];
  const unheard = mute.map((second) => ({ from: instant(second), to: instant(second + 1), seconds: 1 }));
  return [...lossesIn(numbers, CAMERA.fps), ...unheard, ...atEnd];
}

const instant = (seconds: number): WallUs => wallUs(Math.round(seconds * 1_000_000));

/** Seconds that are missing in each file of a recording. */
export const lostInFiles = ({ seen, stoppedAt }: Result): number[] =>
  seen.map((file) => lossesUntil(file, stoppedAt).reduce((sum, { seconds }) => sum + seconds, 0));
