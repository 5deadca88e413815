import { z } from 'zod';

/**
 * The places where sources about the real service disagree or are silent (contract §0.2). One answer of each is the
 * default, which every document of this server assumes; the other is for clients that were written against it. D-1 is
 * `file_names`, D-11 has no alternative.
 */
export const compatSchema = z.strictObject({
  event_ts: z
    .enum(['documented', 'number', 'string'])
    .default('documented')
    .describe(
      'EventTs in callbacks of recordings (D-2): documented is a text in 301, 302 and 307 and a number in all others, as in the examples; number or string is the same in every one.',
    ),
  room_id: z
    .enum(['string', 'client'])
    .default('string')
    .describe(
      'RoomId in callbacks of recordings (D-3): string always, or as the client has it, a number for numeric rooms. Callbacks of rooms and media always have it as the client does.',
    ),
  file_committed: z
    .enum(['nested', 'flat'])
    .default('nested')
    .describe(
      'The file in callback 311 (D-4): nested in TencentVod with StartTimeStamp and EndTimeStamp in milliseconds, or flat in Payload with BeginTimeStamp and EndTimeStamp in whole seconds.',
    ),
  missing_parameter: z
    .enum(['two_level', 'bare'])
    .default('two_level')
    .describe(
      'Code of the error for a required parameter that is missing (D-5): two_level names it where the API has such a code (MissingParameter.RoomId), bare is MissingParameter for all.',
    ),
  unknown_task: z
    .enum(['resource_not_found', 'task_not_exist'])
    .default('resource_not_found')
    .describe(
      'Code of the error for a task that is unknown or has ended (D-6): ResourceNotFound, or FailedOperation.TaskNotExist.',
    ),
  share_pictures: z
    .literal([25, 24])
    .default(25)
    .describe(
      'Most pictures of the screen-share layout, the big one included (D-7). Holds for layouts that are set from now on.',
    ),
  both_storages: z
    .enum(['refuse', 'event'])
    .default('refuse')
    .describe(
      'A recording with both CloudStorage and CloudVod (D-8): refuse answers UnsupportedOperation, event gives a TaskId and then callback 301 with Status 1 and nothing more.',
    ),
  absent_big_user: z
    .enum(['reserve', 'promote'])
    .default('reserve')
    .describe(
      'The big area while the user of MaxResolutionUserId has no picture (D-9): reserve keeps it free, promote gives it to the earliest who is there. Holds for layouts that are set from now on.',
    ),
  bad_user_sig: z
    .enum(['refuse', 'event'])
    .default('refuse')
    .describe(
      'A recording whose UserSig is not valid (D-10): refuse answers InvalidParameter.UserSig, event gives a TaskId and then callback 301 with Status 1 and nothing more.',
    ),
  idle_seconds: z
    .int()
    .min(5)
    .max(86_400)
    .default(30)
    .describe('MaxIdleTime of a recording that names none (D-12): seconds without an anchor after which it ends.'),
  scope_service: z
    .enum(['any', 'trtc'])
    .default('any')
    .describe(
      'Service in the scope of a TC3 signature (D-13): any, since some SDKs derive it from the host they call; trtc answers AuthFailure.InvalidAuthorization to all but trtc, and to all but vod in calls of the media library.',
    ),
});

/** What the installation does where sources disagree; keys and values as in the configuration. */
export type Compat = Readonly<z.infer<typeof compatSchema>>;

/** Every row of contract §0.2 at its default. */
export const defaultCompat: Compat = compatSchema.parse({});
