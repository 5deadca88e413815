/** A time in which something was so, in wall milliseconds. */
export type Spanned<State> = State & { readonly fromMs: number; readonly toMs: number };

/** How something was from when to when: told change by change, in the order in which they were seen. */
export class StateLane<State extends object> {
  readonly #spans: Spanned<State>[] = [];
  #open: { readonly fromMs: number; readonly state: State } | undefined;

  /** How it is now; undefined while it is not. */
  get state(): State | undefined {
    return this.#open?.state;
  }

  /** It is so from then on, or no more. What is told too late counts from what was told before it. */
  set(atMs: number, state: State | undefined): void {
    const before = this.#open;
    if (before && state && isSame(before.state, state)) return;
    const at = Math.max(atMs, before?.fromMs ?? this.#spans.at(-1)?.toMs ?? atMs);
    if (before) this.#push({ ...before.state, fromMs: before.fromMs, toMs: at });
    this.#open = state && { fromMs: at, state };
  }

  /** All of it; what is still so is so until then. */
  spans(nowMs: number): Spanned<State>[] {
    if (this.#open) this.set(Math.max(nowMs, this.#open.fromMs), undefined);
    return this.#spans;
  }

  /** What goes on as it was is one span. */
  #push(span: Spanned<State>): void {
    const last = this.#spans.at(-1);
    const { fromMs, toMs, ...state } = span;
    if (toMs <= fromMs) return;
    if (last?.toMs === fromMs && isSame(stateOf(last), state)) this.#spans[this.#spans.length - 1] = { ...last, toMs };
    else this.#spans.push(span);
  }
}

function stateOf(span: Spanned<object>): object {
  const { fromMs: _from, toMs: _to, ...state } = span;
  return state;
}

/** Of flat objects whose members stand in the same order. */
const isSame = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The part of spans that lies in a window. Where one short span follows another they are one whose state `blend` makes,
 * so that there are at most two spans for each `resolutionMs`, however often something changed.
 */
export function coarse<State extends object>(
  spans: readonly Spanned<State>[],
  window: { readonly fromMs: number; readonly toMs: number; readonly resolutionMs: number },
  blend: (a: Spanned<State>, b: Spanned<State>) => State,
): Spanned<State>[] {
  const { resolutionMs } = window;
  const out: Spanned<State>[] = [];
  let isCluster = false;
  for (const span of clipped(spans, window)) {
    const last = out.at(-1);
    const isShort = span.toMs - span.fromMs < resolutionMs;
    const joins = last !== undefined && isShort && isCluster && span.fromMs - last.toMs < resolutionMs;
    if (joins) out[out.length - 1] = { ...blend(last, span), fromMs: last.fromMs, toMs: span.toMs };
    else out.push(span);
    isCluster = isShort;
  }
  return out;
}

function clipped<State extends object>(
  spans: readonly Spanned<State>[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Spanned<State>[] {
  return spans
    .filter((span) => span.toMs > fromMs && span.fromMs < toMs)
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) }));
}
