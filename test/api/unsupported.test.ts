import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchema, type CreateRequest } from '../../src/api/recording/create-request.ts';
import { refuseUnsupported } from '../../src/api/recording/unsupported.ts';
import { vod } from './create-cases.ts';
import { base, type Json } from './recording-api.ts';

const request = (changes: Json): CreateRequest => createSchema.parse(base(changes));

test('task flows are for files that go to Tencent VOD', () => {
  const flow = request(vod({ Procedure: 'flow' }));
  assert.throws(() => refuseUnsupported(flow, 'library'), { code: 'UnsupportedOperation', message: /Procedure/ });
  refuseUnsupported(flow, 'tencent-vod');
});
