import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { addBlackPictures, hasPicture } from '../../src/segment/black-lead.ts';
import { readTransport } from '../../src/segment/transport-reader.ts';
import { codeBlackPicture } from '../../src/single/black-picture.ts';
import { tone } from '../codec/sound.ts';
import { camera } from '../single/pictures.ts';
import { at, play, record, tempDir, voice } from '../single/recorder-kit.ts';

/** The first segment of a recording of three seconds. */
async function firstSegment(t: TestContext, fromMs: number, pictures: boolean): Promise<Buffer> {
  const dir = join(tempDir(t), 'e1');
  const recording = await record(dir);
  const filmed = pictures ? await camera({ from: at(fromMs), count: 75 }) : [];
  await play(recording, [...filmed, ...(await voice(tone(500), fromMs, 150))], fromMs + 3_100, fromMs);
  await recording.finish(at(fromMs + 3_000));
  const [name] = readdirSync(dir).filter((one) => one.endsWith('.ts'));
  return readFileSync(join(dir, name!));
}

const packetsOf = (bytes: Buffer, kind: 'audio' | 'video') =>
  [...readTransport(bytes)]
    .filter((packet) => packet.kind === kind)
    .map(({ pts, data, complete }) => ({ pts, complete, bytes: Buffer.from(data).toString('base64') }));

// 95 444 s after the zero the stamps wrap.
for (const fromMs of [0, 95_432_716])
  test(`black pictures beside the sound of a segment that begins ${fromMs} ms after the zero: the sound is as it was`, async (t) => {
    const sound = await firstSegment(t, fromMs, false);
    assert.equal(hasPicture(sound), false);
    const black = await codeBlackPicture({ width: 320, height: 180 });
    const both = addBlackPictures(sound, black);
    assert.ok(both && hasPicture(both));
    assert.equal(both.length % 188, 0);
    const [before, after] = [packetsOf(sound, 'audio'), packetsOf(both, 'audio')];
    assert.deepEqual(after, before);
    const pictures = packetsOf(both, 'video');
    assert.equal(pictures.length, 15);
    assert.equal(pictures[0]!.pts, before[0]!.pts);
    pictures.forEach(({ pts, complete }, n) => {
      assert.ok(complete);
      assert.equal((pts - pictures[0]!.pts + 2 ** 33) % 2 ** 33, n * 18_000);
    });
  });

test('a segment with pictures is known for one, and of nothing nothing is made', async (t) => {
  assert.equal(hasPicture(await firstSegment(t, 0, true)), true);
  assert.equal(addBlackPictures(Buffer.alloc(188 * 3, 0x47), new Uint8Array()), undefined);
});
