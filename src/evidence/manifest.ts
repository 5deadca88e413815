import type { RoomKey } from '../room-key.ts';
import type { ChainCheck } from '../segment/check-chain.ts';
import type { Container, RecordingPlan } from '../worker-api/messages.ts';
import type { FileDigests } from './file-digests.ts';
import type { TimelineEntry, ToldHead } from './timeline.ts';

/** Where a finished file is; `path` from the data directory, of HLS the folder. */
export type FilePlace =
  | { readonly kind: 'library'; readonly path: string }
  | { readonly kind: 'bucket' }
  | { readonly kind: 'tencent-vod'; readonly fileId: string; readonly url: string };

/** A file of a task. */
export interface ManifestFile {
  readonly fileId: string;
  readonly fileKey: string;
  readonly name: string;
  readonly container: Container;
  readonly part: number;
  readonly userId: string;
  readonly mediaId: 'main' | 'aux' | 'mix';
  readonly state: 'finishing' | 'stuck' | 'done' | 'failed' | 'removed';
  /** Span of the recording that it holds, wall time. */
  readonly startMs: number;
  readonly endMs: number;
  /** The following are there once the file is done. */
  readonly place?: FilePlace | undefined;
  readonly sizeBytes?: number | undefined;
  readonly durationMs?: number | undefined;
  /** Hex digits; of HLS of the playlist's text. */
  readonly sha256?: string | undefined;
  readonly doneMs?: number | undefined;
  readonly removedMs?: number | undefined;
  readonly error?: string | undefined;
  readonly digests?: FileDigests | undefined;
}

/** The chain of the segments of a recorded file under one epoch. */
export interface ManifestChain {
  readonly fileKey: string;
  readonly epoch: number;
  /** How far it was known to go while it was written, and when that was last told. */
  readonly told?: (Omit<ToldHead, 'fileKey'> & { readonly toldMs: number }) | undefined;
  /** What the jobs that made files of it found; one for each form of the file. */
  readonly checks: readonly (ChainCheck & { readonly container: Container; readonly checkedMs: number })[];
}

/** A time in which something was not recorded, and why. */
export interface ManifestGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: 'recorder-lost' | 'recorder-drained' | 'recorder-failed' | 'room-lost' | 'disk-refused' | 'overload';
  readonly epoch: number;
  /** The file that it concerns, where it does not concern all. */
  readonly fileKey?: string | undefined;
}

/** Everything that is known of a task: what is signed. Times are milliseconds of the server's clock since the epoch. */
export interface Manifest {
  readonly format: 'roomtape-evidence';
  readonly version: 1;
  readonly taskId: string;
  /** From 1; rises each time that it is written anew because something changed. */
  readonly edition: number;
  readonly writtenMs: number;
  /** Its place among all manifests of the installation. */
  readonly ledger: {
    /** From 1. */
    readonly number: number;
    /** SHA-256 of the manifest that was written before it; null for the first. */
    readonly previousManifest: string | null;
    /** The ledger's chain up to that one. */
    readonly previousChain: string;
  };
  readonly room: RoomKey;
  readonly botUserId: string;
  readonly createdMs: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly leaveCode: number | null;
  readonly result: 'ok' | 'failed' | 'not-started' | null;
  /** Without its secrets. */
  readonly destination: Readonly<Record<string, unknown>>;
  readonly userDefineRecordId: string | null;
  /** As accepted (revision 0), and each change. */
  readonly parameters: readonly {
    readonly revision: number;
    readonly atMs: number;
    readonly plan: RecordingPlan;
  }[];
  readonly timeline: readonly (TimelineEntry & { readonly epoch: number })[];
  readonly gaps: readonly ManifestGap[];
  readonly chains: readonly ManifestChain[];
  readonly files: readonly ManifestFile[];
  /** What was told by callbacks, and whether it arrived. */
  readonly events: readonly {
    readonly seq: number;
    readonly type: number;
    readonly atMs: number;
    readonly state: 'pending' | 'delivered' | 'dropped' | 'skipped';
    readonly settledMs: number | null;
  }[];
}

/** A manifest with its signature, as it is kept: `<data_dir>/evidence/<taskId>.json`. */
export interface SignedManifest {
  readonly manifest: Manifest;
  readonly signature: {
    readonly algorithm: 'Ed25519';
    /** SHA-256 of the public key (SubjectPublicKeyInfo, DER), hex digits. */
    readonly keyId: string;
    /** PEM. It must be compared with the installation's: whoever signs anew puts another here. */
    readonly publicKey: string;
    /** Over the manifest in canonical JSON (RFC 8785), base64. */
    readonly value: string;
  };
}
