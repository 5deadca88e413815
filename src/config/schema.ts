import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { account, app, fileNames } from './app-schema.ts';
import { compatSchema } from './compat.ts';

/**
 * The one description of every configuration key: its type, its default, and why it exists. YAML, environment
 * overrides and `--help` are all made from it (load.ts), so they cannot disagree.
 */

const port = z.int().min(0).max(65535);

const isNetwork = (text: string): boolean => ipaddr.isValid(text) || ipaddr.isValidCIDR(text);

const http = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address the one HTTP port listens on.'),
  port: port.default(8080).describe('The one HTTP port: API, WHIP, WHEP, library, pages. 0 takes a free one.'),
  public_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('How others reach this server; playback links begin with it. Default: http://HOST:PORT.'),
  trusted_proxies: z
    .array(z.string().refine(isNetwork, 'must be an address as 10.0.0.7 or a network as 10.0.0.0/8'))
    .default([])
    .describe(
      'Proxies before this server, by address or network. Who comes through them is known by their X-Forwarded-For; from anybody else that header is ignored. None by default: behind a proxy, all visitors then count as one address.',
    ),
});

const rooms = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address of the rooms role for the other roles.'),
  port: port.default(0).describe('Its port; 0 takes a free one.'),
  anchor_timeout_seconds: z
    .int()
    .min(2)
    .max(600)
    .default(10)
    .describe('An anchor from whom nothing has come for this long is gone.'),
  ice_bind_address: z.string().optional().describe('Address media is received on; every address by default.'),
  ice_advertise: z.array(z.string()).default([]).describe('Further addresses told to clients, as behind a NAT.'),
  ice_ports: z.tuple([port, port]).optional().describe('First and last UDP port of media; any by default.'),
  max_sessions: z.int().min(1).max(10_000).default(500).describe('Publishing and watching sessions at once.'),
  max_sessions_per_user: z.int().min(1).max(10_000).default(64).describe('The same of one user of an app.'),
  most_packets_per_second: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('What one session may send, in the mean of two seconds; more is dropped and counted.'),
  most_bits_per_second: z.int().min(100_000).max(10_000_000_000).default(50_000_000).describe('The same in bits.'),
});

const recorders = z.strictObject({
  processes: z.int().min(0).max(64).default(2).describe('Recorder processes on this machine; 0: only remote ones.'),
  lease_seconds: z
    .int()
    .min(5)
    .max(300)
    .default(15)
    .describe('A recorder that cannot renew for this long stops; another takes its tasks.'),
  takeover_user_sig: z
    .enum(['check', 'ignore'])
    .default('check')
    .describe(
      'A recording whose recorder died after the UserSig of its bot had ended. check: the bot may not enter again, so it ends with LeaveCode 100 and keeps its files; ignore: it goes on.',
    ),
  most_busy_percent: z
    .int()
    .min(1)
    .max(100)
    .default(85)
    .describe(
      'A recorder that would be busier than this with one more task takes none; CreateCloudRecording is refused when that is so of all.',
    ),
  least_free_mb: z
    .int()
    .min(0)
    .default(256)
    .describe('With less space (MiB) on the disk of its spool, a recorder takes no new task; those that run go on.'),
  stop_free_mb: z
    .int()
    .min(0)
    .optional()
    .describe(
      'With less space (MiB) than this, running recordings end with what they have, one after the other, those that write most first (LeaveCode 100). Below least_free_mb; 0: never. Default: 48, or half of least_free_mb where that is less.',
    ),
  server_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where a remote recorder finds the server role.'),
});

const keepDays = z.int().min(1).max(36_500).optional();

const spool = z.strictObject({
  most_gb: z
    .number()
    .positive()
    .optional()
    .describe(
      'With more (10⁹ bytes) of segments in the spool of data_dir, its recorders take no new task, as on a full disk. Default: no limit.',
    ),
  keep_days: keepDays.describe(
    'How long segments stay that were never delivered, after their task ended and its files were given up. Default: for ever; they are evidence.',
  ),
});

const library = z.strictObject({
  keep_days: keepDays.describe(
    'Longest time that files stay in the library, whatever their ExpireTime says, 0 included; also of those that are there already. Default: for ever.',
  ),
});

const orderlyRecorders = recorders.refine(
  ({ stop_free_mb: stop = 0, least_free_mb: least }) => stop === 0 || stop < least,
  { error: 'must be less than least_free_mb, or new tasks would begin only to be ended', path: ['stop_free_mb'] },
);

const jobs = z.strictObject({
  give_up_hours: z
    .int()
    .min(1)
    .max(8760)
    .default(168)
    .describe(
      'Age at which a file that cannot be made, or that its destination does not take, counts as lost. Until then it is tried once a minute at least; its segments stay after that, too.',
    ),
});

const api = z.strictObject({
  regions: z
    .array(z.string().min(1).max(64))
    .min(1)
    .optional()
    .describe('Regions that API calls may name; any other is refused. Default: any or none.'),
});

const callbacks = z.strictObject({
  allow_private: z
    .boolean()
    .default(true)
    .describe(
      'Whether receivers of callbacks may be on loopback and in private networks. Link-local and metadata addresses never are.',
    ),
  log_days: z.int().min(1).max(3650).default(14).describe('How long attempts to deliver a callback are kept.'),
  keep_days: z
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .describe(
      'How long events of ended tasks are kept after they were delivered or given up, to be looked at and sent again.',
    ),
});

const admin = z.strictObject({
  token: z
    .string()
    .min(16)
    .max(256)
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks')
    .optional()
    .describe(
      'Bearer token of the admin API. Default: one that the first start makes, prints, and keeps in secrets.json.',
    ),
});

/** Schema of the whole configuration; unknown keys are refused by name. */
export const configSchema = z.strictObject({
  http: http.prefault({}),
  api: api.prefault({}),
  data_dir: z.string().min(1).default('./data').describe('Store, spool, library and generated secrets.'),
  database: z
    .strictObject({ url: z.literal('sqlite').default('sqlite').describe('sqlite: a file in data_dir.') })
    .prefault({}),
  recorders: orderlyRecorders.prefault({}),
  jobs: jobs.prefault({}),
  spool: spool.prefault({}),
  library: library.prefault({}),
  rooms: rooms.prefault({}),
  images: z
    .strictObject({
      allow_private: z
        .boolean()
        .default(false)
        .describe('Whether images of layouts may be fetched from loopback and private networks.'),
    })
    .prefault({}),
  buckets: z
    .strictObject({
      allow_private: z
        .boolean()
        .default(true)
        .describe('Whether buckets of CloudStorage may be on loopback and in private networks.'),
    })
    .prefault({}),
  callbacks: callbacks.prefault({}),
  admin: admin.prefault({}),
  accounts: z.array(account).default([]).describe('API accounts. Where apps names none: the demo account.'),
  apps: z
    .array(app)
    .default([])
    .describe('Apps. None: a demo app with its account is made; its keys are printed once and kept in secrets.json.'),
  file_names: fileNames
    .default('documented')
    .describe(
      'Around UserId_s in file names (D-1): documented has one underscore, wire two, as the real service writes.',
    ),
  compat: compatSchema.prefault({}),
  demo_page: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('The page at /demo/ lets whoever opens it publish and record. auto: only on loopback with the demo app.'),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('Least severity logged.'),
    })
    .prefault({}),
});

/** A configuration that passed the schema, defaults filled in. */
export type Config = z.infer<typeof configSchema>;
