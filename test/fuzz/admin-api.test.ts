import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import { hashPasswordNow } from '../../src/accounts/passwords.ts';
import type { JsonSchema, OpenApiDocument, Operation } from '../../src/admin/openapi.ts';
import { adminBench, adminToken, askAt, type AdminBench, type Answer } from '../admin/admin-fixture.ts';
import { Dice, fuzzRounds } from '../kit/fuzz.ts';
import { recordedFile, recordTask, sdkAppId } from '../tasks/fixture.ts';
import { SchemaInputs } from './schema-inputs.ts';

/** The admin API against the OpenAPI document that it serves: what it takes is made from it, what it says is held to it. */

const SECRETS = [adminToken, 'sesame-of-the-bucket', 'sesamecallbackkey', 'scrypt', 'a password of some length'];
const PROBLEM = 'application/problem+json';
/** Refusals that a real server may come to by what goes on around it. */
const UNDER_LOAD = [503, 507];

interface Request {
  readonly method: string;
  /** As in the document. */
  readonly route: string;
  readonly path: string;
  readonly body?: unknown;
}

interface Target {
  readonly bench: AdminBench;
  readonly document: OpenApiDocument;
  readonly known: Readonly<Record<string, readonly unknown[]>>;
}

async function target(t: TestContext): Promise<Target> {
  const bench = await adminBench(t);
  await bench.accounts.administrators.seed(hashPasswordNow('a password of some length'));
  const taskId = await recordTask(bench, [recordedFile('alice')]);
  bench.rooms.live = [{ room: { sdkAppId, kind: 'number', roomId: '1' }, anchors: [] }];
  const rule = {
    single: {},
    storage: { bucket: { vendor: 's3', region: 'r', bucket: 'b', access_key: 'a', secret_key: SECRETS[1] } },
    callback: { url: 'http://127.0.0.1:9/', key: SECRETS[2] },
  };
  const set = await bench.ask(`/apps/${sdkAppId}/auto-record`, { method: 'PUT', body: rule });
  assert.equal(set.status, 200);
  const [{ id }] = (await bench.ask('/callbacks')).body.items;
  const known = { app: [sdkAppId], taskId: [taskId], id: [id], name: ['admin', 'vera', 'olga'], roomId: ['1', '2'] };
  return { bench, document: (await bench.ask('/openapi.json')).body, known: { ...known, cursor: ['WzEsIiJd'] } };
}

test('kept requests are answered as the document says', async (t) => {
  const judged = await target(t);
  const files = globSync('test/corpora/admin-api/*.json');
  assert.ok(files.length > 0);
  for (const file of files) await judge(judged, JSON.parse(readFileSync(file, 'utf8')) as Request);
});

test('whatever is asked, the answer is one that the document has, without a secret', async (t) => {
  const judged = await target(t);
  const dice = new Dice(Number(process.env['ROOMTAPE_FUZZ_SEED'] ?? 1));
  const inputs = new SchemaInputs(dice, judged.document.components.schemas, judged.known);
  const operations = Object.entries(judged.document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route, method, operation })),
  );
  const done = new Map<string, number>();
  const rounds = Math.max(operations.length, fuzzRounds(400));
  for (let round = 0; round < rounds; round += 1) {
    const { route, method, operation } = operations[round % operations.length]!;
    const request = requestOf(inputs, dice, { route, method, operation });
    const { status } = await judge(judged, request);
    const outcome = status < 300 ? 'done' : 'refused';
    done.set(outcome, (done.get(outcome) ?? 0) + 1);
    judged.bench.clock.advance(70_000);
  }
  assert.ok(done.get('done')! > rounds / 10 && done.get('refused')! > rounds / 10, JSON.stringify([...done]));
});

interface Chosen {
  readonly route: string;
  readonly method: string;
  readonly operation: Operation;
}

/** Two of three fit, as far as their schemas say. */
function requestOf(inputs: SchemaInputs, dice: Dice, { route, method, operation }: Chosen): Request {
  const make = (schema: JsonSchema, name = ''): unknown =>
    dice.chance(0.85) ? inputs.fitting(schema, name) : inputs.misfit(schema, name);
  const text = (value: unknown): string => encodeURIComponent(String(value).toWellFormed().slice(0, 400));
  let path = route;
  const query: string[] = [];
  for (const { name, in: place, required, schema } of operation.parameters) {
    if (place === 'path') path = path.replace(`{${name}}`, text(make(schema, name)) || '%20');
    else if (required || dice.chance(0.4)) query.push(`${name}=${text(make(schema, name))}`);
  }
  if (dice.chance(0.05)) query.push('unheard=1');
  const schema = operation.requestBody?.content?.['application/json']?.schema;
  const body = schema && { body: dice.chance(0.65) ? inputs.fitting(schema) : inputs.misfit(schema) };
  return { method, route, path: query.length > 0 ? `${path}?${query.join('&')}` : path, ...body };
}

async function judge(judged: Target, request: Request): Promise<Answer> {
  const { origin } = judged.bench;
  const method = request.method.toUpperCase();
  const answer = await askAt(`${origin}/admin/v1${request.path}`, { method, token: adminToken, body: request.body });
  try {
    assertDocumented(judged.document, request, answer);
  } catch (error) {
    throw new Error(`${JSON.stringify(request).slice(0, 500)}, kept as ${keep(request)}`, { cause: error });
  }
  return answer;
}

function assertDocumented({ paths, components }: OpenApiDocument, { route, method }: Request, answer: Answer): void {
  const { status, type, body } = answer;
  assert.ok(status < 500 || UNDER_LOAD.includes(status), `status ${status}`);
  const documented = paths[route]?.[method]?.responses[status];
  assert.ok(documented, `status ${status} is not in the document: ${JSON.stringify(body)}`);
  const text = JSON.stringify(body);
  for (const secret of SECRETS) assert.ok(!text.includes(secret), `${secret} is told`);
  if (status >= 400) assert.deepEqual([type, body.status, typeof body.detail], [PROBLEM, status, 'string']);
  const schema = Object.values(documented.content ?? {})[0]?.schema;
  if (!schema) assert.equal(body, '', 'a body where none is promised');
  else validatorOf(schema, components.schemas).parse(body);
}

const validators = new Map<JsonSchema, z.ZodType>();

/** Reads the document as another program would: from its JSON alone. */
function validatorOf(schema: JsonSchema, named: Readonly<Record<string, JsonSchema>>): z.ZodType {
  const known = validators.get(schema);
  if (known) return known;
  const whole = { ...schema, $defs: named };
  const relinked = JSON.stringify(whole).replaceAll('"#/components/schemas/', '"#/$defs/');
  const made = z.fromJSONSchema(JSON.parse(relinked) as Parameters<typeof z.fromJSONSchema>[0]);
  validators.set(schema, made);
  return made;
}

function keep(request: Request): string {
  const folder = join(process.env['ROOMTAPE_FUZZ_FOLDER'] ?? join(tmpdir(), 'roomtape-fuzz'), 'admin-api');
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify(request);
  const path = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
  writeFileSync(path, text);
  return path;
}
