import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_LOG_FATAL,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';
import type { ChannelLayout } from 'node-av/lib';

/** A native call refused. `code` is the library's negative error number, `operation` what was asked of it. */
export class NativeError extends Error {
  readonly code: number;
  readonly operation: string;

  /** Names the operation and translates the number. */
  constructor(operation: string, code: number) {
    super(`${operation}: ${FFmpegError.strerror(code)} (${code})`);
    this.name = 'NativeError';
    this.code = code;
    this.operation = operation;
  }
}

// The library prints to standard error by itself; what matters comes back as a return code.
Log.setLevel(AV_LOG_FATAL);

/** Passes a non-negative result through. @throws NativeError on a negative one. */
export function ok(operation: string, code: number): number {
  if (code < 0) throw new NativeError(operation, code);
  return code;
}

/** True for the two codes by which a codec says "nothing more now"; false for a result. @throws NativeError otherwise. */
export function drained(operation: string, code: number): boolean {
  if (code >= 0) return false;
  if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return true;
  throw new NativeError(operation, code);
}

/** Finds what the library must have been built with. @throws Error naming it when it is missing. */
export function present<T>(what: string, found: T | null | undefined): T {
  if (found === null || found === undefined) throw new Error(`the media library has no ${what}`);
  return found;
}

/** Mono or stereo in the library's native channel order. */
export const channelLayout = (channels: 1 | 2): ChannelLayout =>
  channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;

/** A native sample plane as numbers: a view, valid while the frame it came from is reachable and unchanged. */
export const floatPlane = (plane: Buffer, samples: number): Float32Array =>
  new Float32Array(plane.buffer, plane.byteOffset, samples);
