import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, FormatContext, type Stream } from 'node-av/lib';
import { sizeText } from './table.ts';

/** What a downloaded file holds, for the demo's table. */
export interface ExaminedFile {
  readonly streams: string;
  readonly durationSeconds: number;
  readonly size: string;
}

/** Downloads a finished file by its playback URL and opens it. Rejects when either fails. */
export async function examineFile(url: string): Promise<ExaminedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-demo-'));
  try {
    const path = join(folder, 'file.mp4');
    const bytes = await download(url);
    await writeFile(path, bytes);
    return { ...openFile(path), size: sizeText(bytes.length) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

function openFile(path: string): Omit<ExaminedFile, 'size'> {
  const format = new FormatContext();
  if (format.openInputSync(path) < 0 || format.findStreamInfoSync() < 0) throw new Error(`${path} does not open`);
  try {
    return {
      streams: format.streams.map(streamText).join(' + '),
      durationSeconds: Number(format.duration) / 1_000_000,
    };
  } finally {
    format.closeInputSync();
  }
}

function streamText({ codecpar }: Stream): string {
  const codec = Codec.findDecoder(codecpar.codecId)?.name ?? 'unknown';
  return codecpar.codecType === AVMEDIA_TYPE_VIDEO ? `${codec} ${codecpar.width}×${codecpar.height}` : codec;
}
