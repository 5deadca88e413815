import { z } from 'zod';
import type { AdminCall } from './call.ts';
import type { AdminServices } from './services.ts';

/** Whom a route is for. */
export type Access = 'open' | 'viewer' | 'operator';

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
  /** Who may call it: `open` everybody. Default: every administrator what reads, operators what writes. */
  readonly access?: Access;
  /** Its body has secrets, which the audit log must not get. */
  readonly hasSecrets?: true;
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
    /** Media type of a body that is no JSON: a text, or bytes. */
    readonly file?: string;
  };
  /** Refusals of its own by status, and when they come. */
  readonly problems?: Readonly<Record<number, string>>;
  readonly handle: (
    input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>,
    services: AdminServices,
    call: AdminCall,
  ) => Promise<Answer>;
}

/** A route with its types hidden, as the table has it. */
export interface AdminRoute extends Omit<
  RouteSpec<z.ZodType, z.ZodType, z.ZodType, unknown>,
  'params' | 'query' | 'body' | 'handle' | 'access'
> {
  readonly access: Access;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Absent where a request has no body. */
  readonly body: z.ZodType | undefined;
  readonly handle: (
    input: RouteInput<unknown, unknown, unknown>,
    services: AdminServices,
    call: AdminCall,
  ) => Promise<unknown>;
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
  const access = spec.access ?? (spec.method === 'GET' ? 'viewer' : 'operator');
  return { ...spec, access, params, query, body, handle: handle as AdminRoute['handle'] };
}
