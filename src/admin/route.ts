import { z } from 'zod';
import type { AdminServices } from './services.ts';

/** What a route is called with; what it does not declare is an empty object. */
interface RouteInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** A route of the admin API: these schemas validate, and the OpenAPI document and the reference are made from them. */
export interface RouteSpec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/admin/v1`, with parameters as `{name}`. */
  readonly path: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** What else the reader must know. */
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Status and body of success; without a schema there is no body. */
  readonly answer: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType<unknown, Answer>;
  };
  /** Refusals of its own by status, and when they come. */
  readonly problems?: Readonly<Record<number, string>>;
  readonly handle: (
    input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>,
    services: AdminServices,
  ) => Promise<Answer>;
}

/** A route with its types hidden, as the table has it. */
export interface AdminRoute extends Omit<
  RouteSpec<z.ZodType, z.ZodType, z.ZodType, unknown>,
  'params' | 'query' | 'body' | 'handle'
> {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Absent where a request has no body. */
  readonly body: z.ZodType | undefined;
  readonly handle: (input: RouteInput<unknown, unknown, unknown>, services: AdminServices) => Promise<unknown>;
}

const nothing = z.strictObject({});
type Nothing = typeof nothing;

/** Makes a route whose handler gets what its schemas give, and must answer what its schema says. */
export function defineRoute<
  Answer,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(spec: RouteSpec<Params, Query, Body, Answer>): AdminRoute {
  const { params = nothing, query = nothing, body, handle } = spec;
  return { ...spec, params, query, body, handle: handle as AdminRoute['handle'] };
}
