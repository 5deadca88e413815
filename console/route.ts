import { useSyncExternalStore } from 'react';

/** Where the browser is: the parts of the hash's path, unescaped, and its query. */
export interface Place {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

const listen = (onChange: () => void): (() => void) => {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
};

/** The place of now. */
export function usePlace(): Place {
  const hash = useSyncExternalStore(listen, () => location.hash);
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return {
    parts: path
      .split('/')
      .filter((part) => part !== '')
      .map(unescaped),
    query: new URLSearchParams(query),
  };
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Address of a place. */
export const placeOf = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`;

/** Changes the query of the place. */
export function changeQuery(place: Place, query: string): void {
  location.hash = `${placeOf(...place.parts)}${query}`;
}
