import type { Selectable } from 'kysely';

/** What holds of an app or an API account, and what the configuration said of it when it was last looked at. */
export interface AppSettingTable {
  /** `app <SdkAppId>` or `account <SecretId>`. */
  subject: string;
  section: string;
  /** JSON; of a key a KeyRing, secrets as they are. */
  value: string;
  /** JSON of what was last taken over from the configuration, of a key its SHA-256; null for nothing. */
  adopted: string | null;
  /** Where the value was set. */
  origin: 'configuration' | 'api';
  changed_ms: number;
  /** An administrator's name, `admin token` or `configuration`. */
  changed_by: string;
}

/** A setting as read. */
export type AppSettingRow = Selectable<AppSettingTable>;
