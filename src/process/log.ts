import { pino, type Logger } from 'pino';

/** Members that never reach a log, wherever they sit in a logged object. */
const SECRET_MEMBERS = ['secretKey', 'secret_key', 'token', 'userSig', 'UserSig', 'authorization', 'key', 'sig'];

/**
 * JSON lines on standard error (standard output is for what `npm start` says to people). Every line names its role;
 * children of the logger add task, room and user.
 */
export function createLogger(role: string, level: string): Logger {
  const paths = SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino({ level, base: { role, pid: process.pid }, redact: { paths, censor: '[secret]' } }, pino.destination(2));
}

export type { Logger } from 'pino';
