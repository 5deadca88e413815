/** Name of the cookie that has the session's id. */
export const SESSION_COOKIE = 'roomtape_session';

/** The id that a request's cookie header names, or undefined. */
export function sessionIdOf(cookies: string | undefined): string | undefined {
  const pairs = (cookies ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1);
}

const common = 'Path=/; HttpOnly; SameSite=Strict';

/** Set-Cookie of a session: for as long as the browser runs, hidden from scripts, sent to nobody from another site. */
export const cookieFor = (id: string, isSecure: boolean): string =>
  `${SESSION_COOKIE}=${id}; ${common}${isSecure ? '; Secure' : ''}`;

/** Set-Cookie that takes it away. */
export const noCookie = (isSecure: boolean): string => `${cookieFor('', isSecure)}; Max-Age=0`;
