import { pino, type Logger } from 'pino';

/** Members that never reach a log, wherever they sit in a logged object; any case, with or without underscores. */
const SECRET_NAMES = [
  'secret_?key|access_?key|(?:aws_?)?access_?key_?id|app_?secret|secret|(?:admin_?)?token|play_?key|password|cookie|authorization',
  'user_?sig|private_?map_?key|key|sig|sign|signature',
  // What stores say of a request whose signature they refuse.
  'signature_?provided|string_?to_?sign(?:_?bytes)?|canonical_?request(?:_?bytes)?|signing_?key',
].join('|');
const SECRET_MEMBER = new RegExp(String.raw`("(?:${SECRET_NAMES})":)"(?:[^"\\]|\\.)*"`, 'gi');
/** The same in JSON that is itself a text, as when a database quotes the row that it refuses. */
const QUOTED_MEMBER = new RegExp(
  String.raw`(\\"(?:${SECRET_NAMES})\\":\s*)\\"(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*\\"`,
  'gi',
);
/** Secrets inside a text: the credentials of a header, and those that travel in the query of a URL. */
const SECRET_TEXT = new RegExp(
  String.raw`(\bBearer +|[?&,; ](?:UserSig|private_?map_?key|(?:X-Amz-|q-)?Signature|X-Amz-Security-Token|sig|sign|token)=)[^\s&,"'\\]+`,
  'gi',
);
/** A user and a password in front of a host. */
const URL_USER = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'\\@]*:[^\s/?#"'\\@]*@/gi;

/**
 * JSON lines on standard error (standard output is for what `npm start` says to people). Every line names its role;
 * children of the logger add task, room and user. Secrets are taken out of the finished line, so that no depth of an
 * object, no error's own member and no child's binding lets one through.
 */
export function createLogger(role: string, level: string): Logger {
  return pino({ level, base: { role, pid: process.pid }, hooks: { streamWrite: withoutSecrets } }, pino.destination(2));
}

/** A log line with its secrets replaced. */
export const withoutSecrets = (line: string): string =>
  line
    .replaceAll(SECRET_MEMBER, '$1"[secret]"')
    .replaceAll(QUOTED_MEMBER, String.raw`$1\"[secret]\"`)
    .replaceAll(SECRET_TEXT, '$1[secret]')
    .replaceAll(URL_USER, '$1[secret]@');

export type { Logger } from 'pino';
