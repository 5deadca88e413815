/** How long the public port waits for its clients, in milliseconds. */
export interface Patience {
  /** For the head of a request, and for all of it: one who sends byte by byte must not hold a connection. */
  readonly headMs: number;
  readonly requestMs: number;
  /** For any byte either way: one who takes nothing of an answer. A player whose buffer is full comes back with a range. */
  readonly idleMs: number;
}

const patience: Patience = { headMs: 20_000, requestMs: 60_000, idleMs: 300_000 };

/** Fastify's own limit is for pages; a signed GET may carry 32 KB of query (contract §1.1). */
const MAX_HEADER_BYTES = 64 * 1024;

/** What Fastify is made with so that a slow client costs no more than its connection, and that for a while. */
export const connectionLimits = ({ headMs, requestMs, idleMs }: Patience = patience) => ({
  requestTimeout: requestMs,
  connectionTimeout: idleMs,
  http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: headMs, connectionsCheckingInterval: Math.ceil(headMs / 4) },
});
