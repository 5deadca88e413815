/** The WHIP endpoint refused, or answered with something that is no answer. */
export class WhipError extends Error {
  /** HTTP status; 0 when there was no response. */
  readonly status: number;

  /** `status` is 0 for a failure below HTTP. */
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WhipError';
    this.status = status;
  }
}

/** A session the endpoint created. */
export interface WhipSession {
  readonly answer: string;
  /** Absolute URL to DELETE; undefined when the endpoint named none. */
  readonly resource: string | undefined;
}

const TIMEOUT_MS = 8_000;

/** Posts an offer (RFC 9725 §4.2). Rejects with a {@link WhipError}. */
export async function postOffer(url: string, token: string, offer: string): Promise<WhipSession> {
  const response = await request(url, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/sdp' },
    body: offer,
  });
  const body = await response.text();
  if (response.status !== 201)
    throw new WhipError(response.status, `WHIP endpoint answered ${response.status}: ${body.slice(0, 300)}`);
  const location = response.headers.get('location');
  return { answer: body, resource: location === null ? undefined : new URL(location, url).href };
}

/** Ends a session (RFC 9725 §4.2). Resolves with the HTTP status; rejects with a {@link WhipError} below HTTP. */
export async function deleteSession(resource: string, token: string): Promise<number> {
  const response = await request(resource, { method: 'DELETE', headers: bearer(token) });
  await response.arrayBuffer();
  return response.status;
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new WhipError(
      0,
      `WHIP endpoint cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
