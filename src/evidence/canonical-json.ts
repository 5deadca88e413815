/**
 * JSON in the one form that is signed (RFC 8785): no blanks, members in order of the UTF-16 units of their names, numbers
 * and texts as ECMAScript writes them. Members that are undefined are left out, as JSON.stringify does.
 * @throws TypeError for what JSON cannot tell: a number that is not finite, a bigint, a function, undefined.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value as Readonly<Record<string, unknown>>);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
  if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
    throw new TypeError(`JSON has no ${typeof value}`);
  }
  return JSON.stringify(value);
}

function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  // Sorting without a comparer goes by UTF-16 units, as the RFC wants it.
  return `{${names
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`)
    .join(',')}}`;
}
