import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchema, type CreateRequest } from '../../src/api/recording/create-request.ts';
import { refuseUnsupported } from '../../src/api/recording/unsupported.ts';
import { rp, vod } from './create-cases.ts';
import { base, type Json } from './recording-api.ts';

const request = (changes: Json): CreateRequest => createSchema.parse(base(changes));

test('task flows are for files that go to Tencent VOD', () => {
  const flow = request(vod({ Procedure: 'flow' }));
  assert.throws(() => refuseUnsupported(flow, 'library'), { code: 'UnsupportedOperation', message: /Procedure/ });
  refuseUnsupported(flow, 'tencent-vod');
});

test('HLS is for the embedded library', () => {
  for (const MediaType of [1, 3, 4]) {
    const hls = request({ ...vod({ MediaType }), ...rp({ StreamType: 1 }) });
    refuseUnsupported(hls, 'library');
    const refused = { code: 'UnsupportedOperation', message: /MediaType/ };
    assert.throws(() => refuseUnsupported(hls, 'tencent-vod'), refused);
  }
  for (const MediaType of [0, 2]) {
    refuseUnsupported(request({ ...vod({ MediaType }), ...rp({ StreamType: 1 }) }), 'tencent-vod');
  }
});
