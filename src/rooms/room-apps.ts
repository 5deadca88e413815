import { z } from 'zod';
import type { App } from '../config/apps.ts';

/** Where the server tells the rooms role which apps there are. */
export const APPS_PATH = '/rooms/v1/apps';

/** What rooms need of an app: by which keys its users sign, and what they may. */
export type RoomApp = Pick<App, 'sdkAppId' | 'secretKey' | 'retiringKeys' | 'advancedPermission'> & {
  readonly limits: Pick<App['limits'], 'sessions'>;
};

/** Finds the apps of rooms. */
export interface RoomApps {
  /** The app of an SdkAppId, or undefined. */
  app(sdkAppId: number): RoomApp | undefined;
}

const roomApp = z.object({
  sdkAppId: z.int(),
  secretKey: z.string().min(1),
  retiringKeys: z.array(z.object({ key: z.string().min(1), untilMs: z.int() })),
  advancedPermission: z.boolean(),
  limits: z
    .object({ sessions: z.int().min(1).optional() })
    .transform(({ sessions }) => (sessions === undefined ? {} : { sessions })),
});

/** The list: all apps there are. */
const toldApps = z.object({ apps: z.array(roomApp) });

/** The list as it arrives, as text. */
export const toldAppsText = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('is not JSON');
      return z.NEVER;
    }
  })
  .pipe(toldApps);

/** The list as it is sent. */
export const toldAppsOf = (apps: readonly RoomApp[]): z.input<typeof toldApps> => ({
  apps: apps.map(({ sdkAppId, secretKey, retiringKeys = [], advancedPermission = false, limits }) => ({
    sdkAppId,
    secretKey,
    retiringKeys: [...retiringKeys],
    advancedPermission,
    limits: { sessions: limits.sessions },
  })),
});

/** The apps that the configuration has until the server tells which there are. */
export class ToldApps implements RoomApps {
  readonly #configured: RoomApps;
  #told: ReadonlyMap<number, RoomApp> | undefined;

  constructor(configured: RoomApps) {
    this.#configured = configured;
  }

  app(sdkAppId: number): RoomApp | undefined {
    return this.#told ? this.#told.get(sdkAppId) : this.#configured.app(sdkAppId);
  }

  /** Replaces all that was known. Sessions that are open stay. */
  tell(apps: readonly RoomApp[]): void {
    this.#told = new Map(apps.map((app) => [app.sdkAppId, app]));
  }
}
