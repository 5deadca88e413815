const firstMs = 1000;
/** The longest wait between two attempts, in milliseconds. */
export const longestBackOffMs = 60_000;

/** How long work that failed waits after its n-th failure in a row: 1 s, doubling to a minute. */
export const backOffMs = (failures: number): number =>
  Math.min(longestBackOffMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 16));
