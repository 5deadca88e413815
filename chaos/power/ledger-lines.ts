/** One line of the ledger: what a synchronisation that succeeded brought onto the disk. */
export type LedgerLine =
  | { readonly kind: 'file'; readonly at: string; readonly id: string; readonly path: string; readonly size: number }
  | {
      readonly kind: 'folder';
      readonly at: string;
      readonly id: string;
      readonly path: string;
      /** Names and {@link identityOf} what stands under them. */
      readonly entries: readonly (readonly [name: string, id: string])[];
    };

/** Environment variable with the folder of the ledger, and that with the data directory that it is of. */
export const LEDGER_DIR = 'CHAOS_LEDGER';
export const LEDGER_OF = 'CHAOS_LEDGER_OF';

/** Names a file or folder for good: numbers of inodes are used again. */
export const identityOf = (stat: { readonly ino: bigint; readonly birthtimeNs: bigint }): string =>
  `${stat.ino}-${stat.birthtimeNs}`;
