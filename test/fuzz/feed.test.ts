import assert from 'node:assert/strict';
import { decodeControl, FrameReader, frameType } from '../../src/feed/frames.ts';
import { decodePackets } from '../../src/feed/packet-batch.ts';
import { fuzz } from '../kit/corpus.ts';

/** What a stream holds, read in pieces of that size; the same for every size, or the reader depends on the network. */
function storyOf(input: Buffer, piece: number): string[] {
  const story: string[] = [];
  let bodies = 0;
  const reader = new FrameReader((type, body) => {
    bodies += body.length;
    if (type === frameType.control) story.push(`control ${decodeControl(body)?.kind.slice(0, 20) ?? 'unreadable'}`);
    else if (type !== frameType.packets) story.push(`frame ${type}`);
    else {
      let packets = 0;
      const whole = decodePackets(body, ({ payload, arrivalUs }) => {
        packets += 1;
        assert.ok(payload.length <= body.length && Number.isSafeInteger(arrivalUs));
      });
      assert.ok(packets * 24 <= body.length);
      story.push(`${whole ? 'packets' : 'broken packets'} ${packets}`);
    }
  });
  for (let at = 0; at < input.length; at += piece) if (!reader.push(input.subarray(at, at + piece))) break;
  assert.ok(bodies <= input.length);
  if (reader.fault !== undefined) story.push(reader.fault);
  return story;
}

const words = [Uint8Array.of(0, 0, 0, 0, 3), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), '{"kind":"joined"}'];

fuzz({
  corpus: 'feed',
  usual: 4000,
  most: 8192,
  words,
  take: (input) => {
    const story = storyOf(input, 65_536);
    assert.deepEqual(storyOf(input, 7), story);
    return story.at(-1)?.replace(/\d+.*/, '').trim() ?? 'nothing';
  },
  reaches: ['packets', 'broken packets', 'control unreadable', 'unknown frame type', 'frame of', 'frame', 'nothing'],
});
