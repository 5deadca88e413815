import { z } from 'zod';
import { CSRF_HEADER } from './gate.ts';
import { PROBLEM_TYPE, problemDocument } from './problem.ts';
import type { AdminRoute } from './route.ts';
import { SESSION_COOKIE } from './session-cookie.ts';

/** A schema of JSON Schema 2020-12, as far as it is handled here. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly [member: string]: unknown;
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

/** What an operation answers with one status. */
interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

/** One route in the document. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Empty for a route that is open to everybody; as the document says where it is absent. */
  readonly security?: readonly [];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Answer['content'] };
  readonly responses: Readonly<Record<string, Answer>>;
}

/** The document, as far as others of this program read it. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> } & Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** Refusals that every route may answer. */
const commonProblems: Readonly<Record<number, string>> = {
  401: 'There is neither a valid token nor a session.',
  403: 'A viewer may only read; of a session, a write needs its CSRF header and the origin of this server.',
  429: 'There were too many wrong tries; Retry-After says how long the door is locked.',
  500: 'The server failed.',
};

const securitySchemes = {
  token: { type: 'http', scheme: 'bearer' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: `Writes repeat its \`csrf\` in the header ${CSRF_HEADER}.`,
  },
};

/** The routes as an OpenAPI 3.1 document, made from the schemas that validate. */
export function openApiDocument(routes: readonly AdminRoute[]): OpenApiDocument {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, schemas);
  return {
    openapi: '3.1.0',
    info: { title: 'Roomtape admin API', version: '1' },
    servers: [{ url: '/admin/v1' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: { schemas: schemas.named, securitySchemes },
  };
}

/** Turns schemas into JSON Schema and gathers those that have a name, which the document has in one place. */
class Schemas {
  readonly named: Record<string, JsonSchema> = {};

  of(schema: z.ZodType): JsonSchema {
    const made = z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as JsonSchema;
    const { $schema: _, $defs = {}, ...rest } = relinked(made);
    Object.assign(this.named, $defs);
    return rest;
  }
}

const relinked = (schema: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;

function operationOf(route: AdminRoute, schemas: Schemas): Operation {
  const { summary, description, body } = route;
  return {
    operationId: operationId(route),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(route.access === 'open' ? { security: [] as const } : {}),
    parameters: [...parametersOf(route.params, 'path', schemas), ...parametersOf(route.query, 'query', schemas)],
    ...(body && { requestBody: { required: true, content: jsonOf(schemas.of(body)) } }),
    responses: responsesOf(route, schemas),
  };
}

const operationId = ({ method, path }: AdminRoute): string =>
  method.toLowerCase() + path.replaceAll(/[/{}]+(\w)/g, (_, first: string) => first.toUpperCase()).replaceAll('}', '');

function parametersOf(schema: z.ZodType, place: Parameter['in'], schemas: Schemas): Parameter[] {
  const { properties = {}, required = [] } = schemas.of(schema);
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

const jsonOf = (schema: JsonSchema, type = 'application/json'): NonNullable<Answer['content']> => ({
  [type]: { schema },
});

function responsesOf({ answer, problems = {} }: AdminRoute, schemas: Schemas): Operation['responses'] {
  const { status, description, schema, file } = answer;
  const content = jsonOf(schemas.of(problemDocument), PROBLEM_TYPE);
  const refusals = { 400: 'A value of the request does not fit.', ...problems, ...commonProblems };
  return {
    [status]: {
      description,
      ...(schema && { content: jsonOf(schemas.of(schema)) }),
      ...(file !== undefined && { content: jsonOf({ type: 'string' }, file) }),
    },
    ...Object.fromEntries(Object.entries(refusals).map(([code, why]) => [code, { description: why, content }])),
  };
}
