import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideCut } from '../../src/segment/cut-rule.ts';

const second = 1_000_000;

test('the cut rule', () => {
  const rows = [
    [{ elapsed: 5 * second, key: true, sinceVideo: 0 }, 'go-on'],
    [{ elapsed: 9 * second, key: true, sinceVideo: 0 }, 'cut'],
    [{ elapsed: 9.9 * second, key: false, sinceVideo: 0 }, 'go-on'],
    [{ elapsed: 10 * second, key: false, sinceVideo: 40_000 }, 'ask-key-frame'],
    [{ elapsed: 13.9 * second, key: false, sinceVideo: 40_000 }, 'ask-key-frame'],
    [{ elapsed: 14 * second, key: false, sinceVideo: 40_000 }, 'forced-cut'],
    [{ elapsed: 9.9 * second, key: false, sinceVideo: undefined }, 'go-on'],
    [{ elapsed: 10 * second, key: false, sinceVideo: undefined }, 'cut'],
    [{ elapsed: 10 * second, key: false, sinceVideo: 2 * second }, 'cut'],
    [{ elapsed: -1 * second, key: false, sinceVideo: -1 * second }, 'go-on'],
  ] as const;
  for (const [state, decision] of rows) assert.equal(decideCut(state), decision, JSON.stringify(state));
});
