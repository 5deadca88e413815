/** Outcome of a check of a signature. */
interface Checked {
  readonly ok: boolean;
  readonly reason?: string;
}

/**
 * Checks a signature by each of the keys that may have made it, the present one first. Of refusals that one is given which
 * says more than that the key is another.
 */
export function byAnyKey<Result extends Checked>(
  keys: readonly string[],
  check: (secretKey: string) => Result,
): Result {
  const results: Result[] = [];
  for (const key of keys) {
    const result = check(key);
    if (result.ok) return result;
    results.push(result);
  }
  return results.find(({ reason }) => reason !== 'wrong-signature') ?? results[0]!;
}
