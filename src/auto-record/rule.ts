import { z } from 'zod';
import { defaultPlan } from '../worker-api/default-plan.ts';

/**
 * The rule by which an app's rooms record themselves (contract §2.12): one schema for the configuration and the admin
 * API. What is right in itself only; what depends on the app is judged where a rule is set.
 */

/** Stands for a secret that is there and is not shown; written back it means that the secret stays as it is. */
export const HIDDEN_SECRET = '********';

const content = z
  .enum(['audio_video', 'audio', 'video'])
  .default('audio_video')
  .describe('What is recorded: audio_video, audio alone, or video with the sound removed.');
const formats = z
  .array(z.enum(['mp4', 'hls', 'aac']))
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'names a format twice')
  .refine((list) => !list.includes('mp4') || !list.includes('aac'), 'mp4 and aac exclude each other')
  .default(['mp4'])
  .describe('Forms of every file: mp4, hls, aac (for content audio); hls may stand beside one of the others.');
const common = {
  enabled: z.boolean().default(true).describe('Whether rooms are recorded this way.'),
  content,
  formats,
  max_file_minutes: z.int().min(1).max(1440).default(1440).describe('Longest MP4 or AAC file.'),
};

interface Wanted {
  readonly content: 'audio_video' | 'audio' | 'video';
  readonly formats: readonly string[];
}

const aacFits = ({ content: wanted, formats: list }: Wanted): boolean => !list.includes('aac') || wanted === 'audio';
const aacRule = { error: 'aac has no place for pictures: content must be audio', path: ['formats'] };

/** Most pixels of a canvas (contract §2.5). */
const MOST_PIXELS = 1920 * 1080;

const video = z
  .strictObject({
    width: z.int().min(16).max(1920).default(defaultPlan.video.width).describe('Pixels of the mixed picture.'),
    height: z.int().min(16).max(1920).default(defaultPlan.video.height).describe('Pixels of the mixed picture.'),
    fps: z.int().min(1).max(60).default(defaultPlan.video.fps).describe('Pictures a second.'),
    bitrate: z.int().min(64_000).max(8_192_000).default(defaultPlan.video.bitrate).describe('Bits a second.'),
    gop: z.int().min(1).max(60).default(defaultPlan.video.gopSeconds).describe('Seconds between key pictures.'),
  })
  .refine(({ width, height }) => width * height <= MOST_PIXELS, {
    error: `width × height must be at most ${MOST_PIXELS}`,
    path: ['height'],
  });

const audio = z.strictObject({
  sample_rate: z.literal([48_000, 44_100, 16_000]).default(48_000).describe('48000, 44100 or 16000.'),
  channels: z.literal([2, 1]).default(2).describe('2 or 1.'),
  bitrate: z.int().min(32_000).max(128_000).default(defaultPlan.audio.bitrate).describe('Bits a second.'),
});

const layout = z.strictObject({
  mode: z
    .literal([1, 2, 3])
    .default(3)
    .describe('1: floating, one big picture under 7 small ones; 2: screen share, 1 big beside 7; 3: grid of up to 8.'),
  big_prefix: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Modes 1 and 2: the big picture is the earliest user whose id begins so; while there is none, its area is kept free.',
    ),
  big_media: z
    .enum(['main', 'aux'])
    .default('main')
    .describe("Which picture of that user is big: main, the camera's, or aux, the shared screen."),
  background_color: z
    .string()
    .regex(/^#[0-9A-Fa-f]{6}$/, 'must be a colour as #101820')
    .default('#000000')
    .describe('Where nothing else is.'),
  background_image: z
    .string()
    .max(4096)
    .regex(/^https?:\/\/\S+\.(jpg|jpeg|png)(\?\S*)?$/i, 'must be an http or https URL that ends in .jpg, .jpeg or .png')
    .optional()
    .describe('URL of an image behind all pictures.'),
  render_mode: z
    .enum(['stretch', 'crop', 'fit', 'smart'])
    .default('crop')
    .describe('How a picture meets a place of another shape.'),
});

const vod = z.strictObject({
  sub_app_id: z.int().min(1).max(4_294_967_295).optional().describe('Sub-application of the files. Default: the app.'),
  expire_seconds: z.int().min(0).max(4_294_967_295).default(0).describe('How long a file is kept; 0: for ever.'),
  class_id: z.int().min(0).max(4_294_967_295).default(0).describe('Category of the files.'),
  procedure: z.string().min(1).max(1024).optional().describe('Task flow at Tencent VOD; the library has none.'),
  storage_region: z.string().min(1).max(1024).optional().describe('Storage region at Tencent VOD.'),
  session_context: z.string().min(1).max(4096).optional().describe('Handed through to VOD.'),
  source_context: z.string().min(1).max(4096).optional().describe('Handed through to VOD.'),
  file_prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1–64 letters, digits, _ and -')
    .optional()
    .describe("Begins every file's name, as UserDefineRecordId does."),
});

/** A customer's bucket, with its keys. */
export const ruleBucket = z.strictObject({
  vendor: z.enum(['cos', 's3']).describe('cos, or s3 for anything S3-compatible.'),
  region: z.string().min(1).max(1024).describe('Region of the bucket.'),
  bucket: z.string().min(1).max(1024).describe('Name of the bucket.'),
  access_key: z.string().min(1).max(512).describe('Names the key.'),
  secret_key: z.string().min(1).max(512).describe('Signs uploads.'),
  prefix: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be letters, digits, _ and -'))
    .max(32)
    .default([])
    .describe('Folders before the TaskId in every key.'),
  endpoint: z.string().min(1).max(1024).optional().describe('Host or origin of an S3-compatible server.'),
});

const storage = z
  .strictObject({
    vod: vod.optional().describe("The app's library or Tencent VOD. This is the default."),
    bucket: ruleBucket.optional().describe("A customer's bucket, filled while the room is recorded."),
  })
  .refine((places) => !places.vod || !places.bucket, {
    error: 'is given beside vod; files go to one of them',
    path: ['bucket'],
  });

const callback = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2083)
    .describe("Receives the events of these recordings in the place of the app's own callback."),
  key: z
    .string()
    .regex(/^([A-Za-z0-9]{1,32}|\*{8})$/, 'must be 1–32 letters and digits')
    .optional()
    .describe('Signs them; 1–32 letters and digits.'),
  retry_hours: z.int().min(0).max(720).default(0).describe('How long a message is tried; 0: a minute.'),
});

/** The rule as it is written in the configuration and in the admin API. */
export const autoRecordRuleSchema = z
  .strictObject({
    max_idle_time: z
      .int()
      .min(1)
      .max(86_400)
      .default(5)
      .describe('Seconds without an anchor after which a recording ends; one who comes back sooner goes on in it.'),
    single: z.strictObject(common).refine(aacFits, aacRule).optional().describe('A file of each anchor.'),
    mixed: z
      .strictObject({ ...common, video: video.prefault({}), audio: audio.prefault({}), layout: layout.prefault({}) })
      .refine(aacFits, aacRule)
      .optional()
      .describe('The room as one picture.'),
    storage: storage.prefault({}),
    callback: callback.optional(),
  })
  .refine(({ single, mixed }) => single !== undefined || mixed !== undefined, {
    error: 'says neither single nor mixed: there is nothing to record',
    path: ['single'],
  });

/** A rule of auto recording with its defaults filled in. */
export type AutoRecordRule = z.infer<typeof autoRecordRuleSchema>;
/** The two ways in which a room may be recorded, at once too. */
export type AutoMode = 'single' | 'mixed';
/** Both of them. */
export const autoModes: readonly AutoMode[] = ['single', 'mixed'];

/** Whether a rule asks for that kind of recording. */
export const asksFor = (rule: AutoRecordRule | undefined, mode: AutoMode): boolean => rule?.[mode]?.enabled === true;
