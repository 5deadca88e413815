import type { TrackFaultKind } from './compare-track.ts';

/** What can be wrong with evidence. */
export type FaultKind =
  | TrackFaultKind
  | 'rewritten'
  | 'unreadable'
  | 'foreign-file'
  | 'file-missing'
  | 'manifest-altered'
  | 'manifest-foreign'
  | 'manifest-missing'
  | 'signature-missing'
  | 'signature-wrong'
  | 'another-key'
  | 'ledger-broken'
  | 'chain-missing'
  | 'chain-foreign'
  | 'chain-broken'
  | 'chain-short'
  | 'segment-changed'
  | 'segment-missing'
  | 'segment-swapped'
  | 'segment-unknown'
  | 'spool-altered';

/** Something that is wrong: evidence that was tampered with. */
export interface Fault {
  readonly kind: FaultKind;
  /** The file or folder that it is about. */
  readonly file: string;
  /** The span that it is about, in seconds of the recording as it was made. */
  readonly fromS?: number | undefined;
  readonly toS?: number | undefined;
  /** In words, for people. */
  readonly text: string;
}

/** What a verification came to. */
export interface Verdict {
  /** `unknown`: it could not be checked. */
  readonly result: 'ok' | 'tampered' | 'unknown';
  /** What was looked at, in words. */
  readonly checked: readonly string[];
  readonly faults: readonly Fault[];
  /** What a reader should know that is no fault. */
  readonly notes: readonly string[];
}

/** It cannot be checked at all: the message says why. */
export class CannotCheck extends Error {
  /** Says why. */
  constructor(message: string) {
    super(message);
    this.name = 'CannotCheck';
  }
}

/** Seconds as people read them, from milliseconds. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A span as people read it, from milliseconds. */
export const span = (fromMs: number, toMs: number): string => `${(fromMs / 1000).toFixed(1)}–${seconds(toMs)}`;

/** The span of a fault, from milliseconds. */
export const spanS = (fromMs: number, toMs: number): Pick<Fault, 'fromS' | 'toS'> => ({
  fromS: Math.round(fromMs) / 1000,
  toS: Math.round(toMs) / 1000,
});
