import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../src/evidence/canonical-json.ts';

test('canonical JSON is that of RFC 8785', () => {
  // The example of its section 3.2.2, whose result stands in 3.2.3.
  const sample = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '€$\u000F\nA\'B"\\\\"/',
    literals: [null, true, false],
  };
  assert.equal(
    canonicalJson(sample),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  // Section 3.2.3: names in the order of their UTF-16 units.
  const names = { '€': 1, '\r': 2, דּ: 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
  assert.deepEqual(canonicalJson(names).match(/\d(?=[,}])/g), ['2', '4', '6', '7', '1', '5', '3']);
});

test('members that are undefined are left out, and what JSON cannot tell is refused', () => {
  assert.equal(canonicalJson({ b: undefined, a: [{ d: 1, c: 'x' }] }), '{"a":[{"c":"x","d":1}]}');
  for (const value of [Number.NaN, Infinity, 1n, undefined, () => 1, [undefined]]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
});
