/** What was found out about one thing that the server needs; judged in judge.ts. */
export interface Facts {
  /** `process.versions.node`. */
  readonly node: { readonly version: string };
  readonly configuration: { readonly error?: string | undefined };
  readonly dataDir: {
    readonly path: string;
    /** `missing`: it can be made at the first start. */
    readonly state: 'writable' | 'missing' | 'refused';
    readonly reason?: string | undefined;
  };
  /** In MiB; `freeMb` is infinite when the file system does not tell. */
  readonly disk: { readonly path: string; readonly freeMb: number; readonly leastMb: number };
  readonly port: PortFacts;
  readonly ice: IceFacts;
  /** What a UDP socket may keep until it is read, in bytes: what the media sockets ask for, and what they get. */
  readonly udpBuffer: { readonly askedBytes: number; readonly grantedBytes: number };
  /** How far the wall clock ran from the monotonic one while it was watched, in milliseconds. */
  readonly clock: { readonly strayedMs: number; readonly watchedMs: number };
  /** Whether something keeps the clock right; undefined when that cannot be told. */
  readonly timeSync: { readonly synchronised: boolean | undefined };
  /** What the running server's clock says beyond this one, give or take `unsureMs`; undefined when none was asked. */
  readonly serverClock: { readonly aheadMs: number; readonly unsureMs: number } | undefined;
  readonly library: { readonly pictures: number; readonly error?: string | undefined };
  readonly store: {
    readonly path: string;
    readonly state: 'opens' | 'new' | 'broken';
    readonly error?: string | undefined;
  };
  readonly publicUrl: PublicUrlFacts;
  readonly secrets: { readonly path: string; readonly state: 'missing' | 'private' | 'open'; readonly mode: string };
  readonly font: { readonly error?: string | undefined };
  readonly server: ServerFacts;
}

/** A TCP port of the configuration. */
export interface PortFacts {
  readonly key: 'http.port' | 'rooms.port';
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** `ours`: the server of this data directory has it. */
  readonly state: 'free' | 'ours' | 'taken' | 'forbidden' | 'no-address';
  /** Code of the system's error. */
  readonly reason?: string | undefined;
}

/** The UDP sockets of media. */
export interface IceFacts {
  readonly address: string;
  /** Why no socket can be bound to the address. */
  readonly error?: string | undefined;
  /** First and last port, where the configuration narrows them. */
  readonly range?: readonly [number, number] | undefined;
  /** Ports of the range that were tried, and those of them that are free. */
  readonly tried: number;
  readonly free: number;
  /** Sessions that may be open at once; each needs a port. */
  readonly sessions: number;
}

/** The address by which others are told to come. */
export interface PublicUrlFacts {
  readonly url: string;
  /** Whether `http.public_url` is set. */
  readonly isSet: boolean;
  /** Whether the server listens on every address. */
  readonly everywhere: boolean;
  /** `unasked`: no server runs. */
  readonly answer: 'ours' | 'other' | 'none' | 'unasked';
  readonly reason?: string | undefined;
}

/** The server of this data directory. */
export interface ServerFacts {
  readonly pid: number | undefined;
  /** `none`: nothing answers. */
  readonly answer: 'ready' | 'waiting' | 'none';
  /** Names of what is missing while it waits. */
  readonly failing: readonly string[];
}

/** Name of a check. */
export type CheckName = keyof Facts;
