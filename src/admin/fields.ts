import { z } from 'zod';

const dateTime = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** A moment in a query: RFC 3339, or milliseconds since the epoch. */
export const momentText = z.union([dateTime, z.coerce.number().int().min(1)]);
/** A moment in a body: RFC 3339, or milliseconds since the epoch. */
export const moment = z.union([dateTime, z.int().min(1)]);

/** Milliseconds since the epoch, in answers. */
export const ms = z.int().describe('Milliseconds since the epoch.');

/** An SdkAppId in a query. */
export const appText = z.coerce.number().int().min(1).max(4_294_967_295);
/** An SdkAppId. */
export const app = z.int().min(1).max(4_294_967_295).describe('SdkAppId.');

/** A TaskId. */
export const taskId = z.string().min(1).max(256);
