import { Failure } from './failure.ts';
import type { Translate } from './language.ts';

/** A refusal of the admin API. */
export class Refusal extends Failure {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string, remedy?: string) {
    super(message, remedy);
    this.status = status;
  }
}

/** The server cannot be reached. */
export class Unreachable extends Failure {
  override readonly name = 'Unreachable';
}

/** Values of a query; absent ones are left out. */
type Query = Readonly<Record<string, string | number | undefined>>;

const PATIENCE_MS = 15_000;

/** Asks the admin API of one server. */
export class AdminClient {
  /** Base of its addresses, no slash at the end. */
  readonly url: string;
  readonly #token: string;
  readonly #t: Translate;

  constructor(url: string, token: string, t: Translate) {
    this.url = url;
    this.#token = token;
    this.#t = t;
  }

  /** @throws Refusal, Unreachable */
  get<T>(path: string, query: Query = {}): Promise<T> {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    return this.#ask<T>('GET', given.length > 0 ? `${path}?${String(new URLSearchParams(given))}` : path);
  }

  /** @throws Refusal, Unreachable */
  post<T>(path: string, body?: unknown): Promise<T> {
    return this.#ask<T>('POST', path, body);
  }

  /** Every item of a list that comes in pages, fetched as they are wanted. @throws Refusal, Unreachable */
  async *items<T>(path: string, query: Query = {}): AsyncGenerator<T, void, undefined> {
    for (let cursor: string | undefined; ;) {
      const page = await this.get<{ items: T[]; next: string | null }>(path, { ...query, cursor });
      yield* page.items;
      if (page.next === null) return;
      cursor = page.next;
    }
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#send(method, path, body);
    const text = await answer.text().catch(() => '');
    const read = parse(text);
    if (answer.ok && (text === '' || read !== undefined)) return read as T;
    throw this.#refusal(answer.status, read);
  }

  async #send(method: string, path: string, body: unknown): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    try {
      return await fetch(`${this.url}/admin/v1${path}`, {
        method,
        headers,
        // A token follows no redirection.
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const reason = reasonOf(error as Error);
      throw new Unreachable(this.#t('connect.unreachable', { url: this.url, reason }), this.#t('connect.start'));
    }
  }

  #refusal(status: number, read: object | undefined): Refusal {
    const { detail } = (read ?? {}) as { detail?: string };
    if (status === 401) {
      return new Refusal(status, this.#t('connect.wrongToken', { url: this.url }), this.#t('connect.whereToken'));
    }
    if (detail !== undefined) return new Refusal(status, detail);
    return new Refusal(status, this.#t('connect.noServer', { url: this.url, status }), this.#t('connect.start'));
  }
}

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

function reasonOf(error: Error): string {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? (cause?.message || error.message);
}
