import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gridPlan, type MarkPosition } from '../../src/layout/layout-plan.ts';
import { likelyInkWidth, placeTimestamp, timestampFace } from '../../src/layout/timestamp-place.ts';
import { Watermarks } from '../../src/mixed/watermarks.ts';

const positions: readonly MarkPosition[] = [
  'top-left',
  'top-right',
  'bottom-left',
  'bottom-right',
  'top-center',
  'bottom-center',
  'center',
];

test('where the font is not at hand, a timestamp is placed to two pixels of where it is painted', () => {
  for (const canvas of [
    { width: 96, height: 54 },
    { width: 360, height: 640 },
    { width: 1280, height: 720 },
    { width: 1080, height: 1920 },
  ]) {
    const watermarks = positions.map((position) => ({
      kind: 'timestamp' as const,
      position,
      timeZone: 8,
      font: 'Tencent' as const,
    }));
    const painted = new Watermarks(
      { ...gridPlan, watermarks },
      { canvas, shelf: { stamp: () => undefined } as never, onTextFailed: (error) => assert.fail(String(error)) },
    );
    painted.marks.forEach(({ rect }, i) => {
      const likely = placeTimestamp(positions[i]!, likelyInkWidth(timestampFace(canvas)), canvas);
      for (const side of ['left', 'top', 'width', 'height'] as const)
        assert.ok(Math.abs(rect[side] - likely[side]) <= 2, `${canvas.width} ${positions[i]} ${side}`);
    });
    painted.close();
  }
});
