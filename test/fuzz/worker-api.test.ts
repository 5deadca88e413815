import assert from 'node:assert/strict';
import { join, normalize } from 'node:path';
import {
  jobReport,
  reportResponse,
  spoolRequest,
  spoolResponse,
  syncRequest,
  syncResponse,
  taskReport,
} from '../../src/worker-api/schemas.ts';
import { fuzz } from '../kit/corpus.ts';

const schemas = { syncRequest, syncResponse, taskReport, jobReport, spoolRequest, spoolResponse, reportResponse };

/** Names that become folders and files stay one step below where they are put. */
function assertPlain(value: unknown, member = ''): void {
  if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) assertPlain(inner, Array.isArray(value) ? member : name);
  else if (['taskId', 'taskIds', 'fileKey'].includes(member) && typeof value === 'string')
    assert.equal(normalize(join('/spool', value)), `/spool/${value}`);
}

fuzz({
  corpus: 'worker-api',
  usual: 2000,
  words: [
    '"epoch":',
    '"fileKey":"..",',
    '"taskId":"../x",',
    '"kind":"done",',
    '{',
    '}',
    '[',
    ']',
    '"__proto__":{"x":1},',
  ],
  take: (input) => {
    let body: unknown;
    try {
      body = JSON.parse(input.toString());
    } catch {
      return 'no JSON';
    }
    const fitting = Object.entries(schemas).filter(([, schema]) => {
      const { success, data } = schema.safeParse(body);
      // What was taken is taken again as it is: nothing half-read goes on.
      if (success) assert.deepEqual(schema.parse(data), data);
      if (success) assertPlain(data);
      return success;
    });
    assert.equal(({} as { x?: unknown }).x, undefined);
    return fitting.map(([name]) => name).join(' ') || 'refused';
  },
  reaches: ['no JSON', 'refused', 'syncRequest', 'syncResponse', 'taskReport', 'jobReport', 'spoolRequest'],
});
