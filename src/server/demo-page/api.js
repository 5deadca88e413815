/** A request that was refused, or got no answer (status 0). `message` is what the server said. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may succeed a little later: the server, or its rooms, are starting again. */
  get passing() {
    return this.status === 0 || this.status >= 502;
  }
}

/** `fetch` that rejects with a Refusal unless the answer is a success. */
export async function send(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw new Refusal(0, error.message);
  }
  if (!response.ok) throw new Refusal(response.status, problemOf(await response.text(), response.status));
  return response;
}

function problemOf(text, status) {
  try {
    const { detail, title } = JSON.parse(text);
    return detail ?? title ?? text;
  } catch {
    return text || `HTTP ${status}`;
  }
}

/** Calls the page's own API with JSON. */
export async function call(method, path, body) {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await send(`api/${path}`, { method, ...json })).json();
}
