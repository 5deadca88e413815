import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { verifyPath } from '../../src/evidence/verify/file.ts';
import type { FaultKind, Verdict } from '../../src/evidence/verify/finding.ts';
import { adtsFrames } from '../../src/segment/adts.ts';
import { evidenceBench, fileOf, forgery, recordedTask, type EvidenceBench } from './evidence-kit.ts';
import { remux, type Stretch } from './remux.ts';

/** A way to tamper with a file, and how it must be named. */
interface Tampering {
  readonly name: string;
  /** Makes the forgery of a copy and says where it is. */
  readonly forge: (copy: string, whole: string, other: string) => void;
  readonly kinds: readonly FaultKind[];
  /** Seconds that the first fault must be about, within two. */
  readonly spanS?: readonly [number, number];
}

const cuts =
  (...stretches: Stretch[]) =>
  (copy: string, whole: string) =>
    remux(whole, copy, stretches);

/** Inverts bytes of pictures or sound at a time. */
const flip = (kind: 'video' | 'audio', fromMs: number, toMs: number) => (copy: string, whole: string) =>
  remux(whole, copy, [[-100, 99_000]], {
    change: (data, stream, atMs) => {
      if ((stream === 0) !== (kind === 'video') || atMs < fromMs || atMs > toMs) return data;
      const changed = Buffer.from(data);
      changed[changed.length - 1]! ^= 0xff;
      return changed;
    },
  });

/** Changes bytes of the file itself; the media lies behind the index. */
function flipInPlace(path: string, share: number): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * share)]! ^= 0xff;
  writeFileSync(path, bytes);
}

const mp4: readonly Tampering[] = [
  { name: 'the beginning is cut off', forge: cuts([20_000, 99_000]), kinds: ['cut-at-start'], spanS: [0, 20] },
  { name: 'less than an interval is cut off', forge: cuts([4_000, 99_000]), kinds: ['cut-at-start'], spanS: [0, 10] },
  { name: 'the end is cut off', forge: cuts([-100, 40_000]), kinds: ['cut-at-end'], spanS: [40, 60] },
  { name: 'a piece is removed', forge: cuts([-100, 20_000], [32_000, 99_000]), kinds: ['removed'], spanS: [20, 40] },
  {
    name: 'a piece within an interval is removed',
    forge: cuts([-100, 22_000], [26_000, 99_000]),
    kinds: ['removed'],
    spanS: [20, 30],
  },
  {
    name: 'two pieces are swapped',
    forge: cuts([-100, 10_000], [20_000, 30_000], [10_000, 20_000], [30_000, 99_000]),
    kinds: ['swapped'],
    spanS: [10, 30],
  },
  {
    name: 'a piece is shown twice',
    forge: cuts([-100, 20_000], [10_000, 99_000]),
    kinds: ['inserted'],
    spanS: [20, 20],
  },
  {
    name: 'a byte of a picture is changed',
    forge: flip('video', 24_000, 24_030),
    kinds: ['replaced'],
    spanS: [20, 30],
  },
  { name: 'a second of sound is changed', forge: flip('audio', 41_000, 42_000), kinds: ['replaced'], spanS: [40, 50] },
  { name: 'a byte in the middle of the file is changed', forge: (copy) => flipInPlace(copy, 0.5), kinds: ['replaced'] },
  {
    name: 'it plays slower',
    forge: (copy, whole) => remux(whole, copy, [[-100, 99_000]], { speed: 1.25 }),
    kinds: ['timing'],
    spanS: [0, 60],
  },
  {
    name: 'it is written anew, the media as it was',
    forge: (copy, whole) => remux(whole, copy, [[-100, 99_000]]),
    kinds: ['rewritten'],
  },
  {
    name: 'it is cut short as a file',
    forge: (copy) => truncateSync(copy, Math.floor(statSync(copy).size * 0.7)),
    kinds: ['cut-at-end'],
  },
  { name: 'something is appended', forge: (copy) => appendFileSync(copy, Buffer.alloc(1000, 1)), kinds: ['appended'] },
  {
    name: 'it is another recording',
    forge: (copy, _whole, other) => copyFileSync(other, copy),
    kinds: ['foreign-file'],
  },
  { name: 'it is no media', forge: (copy) => writeFileSync(copy, 'nothing'), kinds: ['unreadable'] },
];

function framesOf(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const frames: Buffer[] = [];
  let at = 0;
  for (const { data } of adtsFrames(bytes)) {
    const end = data.byteOffset - bytes.byteOffset + data.length;
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

/** Frames of AAC last 21⅓ ms. */
const edit = (change: (frames: Buffer[]) => Buffer[]) => (copy: string, whole: string) =>
  writeFileSync(copy, Buffer.concat(change(framesOf(whole))));

const aac: readonly Tampering[] = [
  { name: 'the beginning is cut off', forge: edit((f) => f.slice(500)), kinds: ['cut-at-start'], spanS: [0, 20] },
  { name: 'the end is cut off', forge: edit((f) => f.slice(0, -500)), kinds: ['cut-at-end'], spanS: [40, 60] },
  { name: 'a piece is removed', forge: edit((f) => f.toSpliced(1500, 300)), kinds: ['removed'], spanS: [30, 40] },
  {
    name: 'a frame is replaced by another',
    forge: edit((f) => f.with(1000, f[200]!)),
    kinds: ['replaced'],
    spanS: [20, 30],
  },
  {
    name: 'two frames are swapped',
    forge: edit((f) => f.with(1000, f[1001]!).with(1001, f[1000]!)),
    kinds: ['replaced'],
    spanS: [20, 30],
  },
  { name: 'frames are appended', forge: edit((f) => [...f, ...f.slice(0, 100)]), kinds: ['appended'] },
];

const segment = (folder: string, index: number): string =>
  join(
    folder,
    readFileSync(join(folder, 'index.m3u8'), 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('.ts'))[index]!,
  );

function editPlaylist(folder: string, change: (text: string) => string): void {
  const path = join(folder, 'index.m3u8');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

function swap(one: string, other: string): void {
  renameSync(one, `${one}.x`);
  renameSync(other, one);
  renameSync(`${one}.x`, other);
}

const hls: readonly Tampering[] = [
  { name: 'a segment is missing', forge: (copy) => rmSync(segment(copy, 2)), kinds: ['removed'] },
  { name: 'a segment is changed', forge: (copy) => flipInPlace(segment(copy, 1), 0.5), kinds: ['replaced'] },
  {
    name: 'two segments change places',
    forge: (copy) => swap(segment(copy, 1), segment(copy, 2)),
    kinds: ['swapped', 'swapped'],
  },
  {
    name: 'a segment is taken out of the playlist',
    forge: (copy) => {
      const name = segment(copy, 2).split('/').at(-1)!;
      editPlaylist(copy, (text) =>
        text
          .split('\n')
          .filter((line) => line !== name)
          .join('\n'),
      );
    },
    kinds: ['removed'],
  },
  {
    name: 'the playlist is re-ordered',
    forge: (copy) => {
      const [one, two] = [1, 2].map((index) => segment(copy, index).split('/').at(-1)!);
      editPlaylist(copy, (text) => text.replace(one!, '@').replace(two!, one!).replace('@', two!));
    },
    kinds: ['moved'],
  },
  {
    name: 'a strange segment is added',
    forge: (copy) => writeFileSync(join(copy, '999999_x.ts'), 'x'),
    kinds: ['inserted'],
  },
];

async function verdictOf(b: EvidenceBench, taskId: string, path: string): Promise<Verdict> {
  const manifest = join(b.dataDir, 'evidence', `${taskId}.json`);
  return verifyPath(path, { dataDir: b.dataDir, manifest, key: b.evidence.key.publicKey });
}

interface Recorded {
  readonly b: EvidenceBench;
  readonly taskId: string;
  readonly other: string;
}

let recorded: Promise<Recorded> | undefined;

/** One recording serves all cases: nobody changes it. */
async function setting(t: TestContext): Promise<Recorded> {
  recorded ??= (async () => {
    const b = await evidenceBench(t);
    const taskId = await recordedTask(b, { seconds: 60, outputs: ['mp4', 'aac', 'hls'], seed: 1 });
    const other = fileOf(b.dataDir, await recordedTask(b, { seconds: 20, seed: 2 }));
    return { b, taskId, other };
  })();
  return recorded;
}

test('a file that was tampered with is caught, and it is told how and where', async (t) => {
  const { b, taskId, other } = await setting(t);
  for (const [container, tamperings] of [
    ['mp4', mp4],
    ['aac', aac],
    ['hls', hls],
  ] as const) {
    const whole = fileOf(b.dataDir, taskId, container);
    const renamed = forgery(b, container === 'hls' ? 'any name' : `any name.${container}`);
    cpSync(whole, renamed, { recursive: true });
    assert.deepEqual((await verdictOf(b, taskId, renamed)).faults, [], container);
    for (const { name, forge, kinds, spanS } of tamperings) {
      await t.test(`${container}: ${name}`, async () => {
        const copy = forgery(b, container === 'hls' ? `copy of ${name}` : `copy.${container}`);
        cpSync(whole, copy, { recursive: true });
        forge(copy, whole, other);
        const { result, faults } = await verdictOf(b, taskId, copy);
        const told = JSON.stringify(faults, undefined, 1);
        assert.equal(result, 'tampered');
        assert.deepEqual(
          faults.map(({ kind }) => kind),
          kinds,
          told,
        );
        if (!spanS) return;
        const [{ fromS = -99, toS = -99 }] = faults as [Verdict['faults'][number]];
        assert.ok(Math.abs(fromS - spanS[0]) <= 2 && Math.abs(toS - spanS[1]) <= 2, told);
      });
    }
  }
});
