/** Something that a recorder saw happen in a task. */
export interface TimelineEntryTable {
  task_id: string;
  epoch: number;
  seq: number;
  at_ms: number;
  kind: string;
  /** TimelineEntry. */
  entry: string;
}

/** How far a chain of segments went when a recorder last told. */
export interface ChainHeadTable {
  task_id: string;
  file_key: string;
  epoch: number;
  segments: number;
  chain: string;
  told_ms: number;
}

/** What a finishing job found of the segments of an epoch. */
export interface ChainCheckTable {
  task_id: string;
  file_key: string;
  container: string;
  epoch: number;
  checked_ms: number;
  /** ChainCheck. */
  result: string;
}

/** By what it is told where a finished file was changed. */
export interface FileDigestsTable {
  file_id: string;
  /** FileDigests. */
  digests: string;
}

/** A task whose manifest has to be written, or written anew. */
export interface EvidenceDueTable {
  task_id: string;
  /** Rises with each change: what was written before the last one does not settle it. */
  marks: number;
}
