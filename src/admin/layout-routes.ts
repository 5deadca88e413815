import { z } from 'zod';
import { defineRoute, type AdminRoute } from './route.ts';

const layoutCompat = z
  .object({
    share_pictures: z
      .literal([25, 24])
      .describe('Most pictures of the screen-share layout, the big one included (D-7).'),
    absent_big_user: z
      .enum(['reserve', 'promote'])
      .describe('The big area while its user has no picture: kept free, or given to the earliest who is there (D-9).'),
  })
  .meta({ id: 'LayoutCompat' });

/** How this server draws where sources disagree, in an answer. */
export type LayoutCompatView = z.output<typeof layoutCompat>;

const show = defineRoute({
  method: 'GET',
  path: '/layout-compat',
  summary: 'Tells how this server lays pictures out where sources about the real service disagree.',
  description: 'As `compat.share_pictures` and `compat.absent_big_user` of the configuration say.',
  answer: { status: 200, description: 'The choices.', schema: layoutCompat },
  handle: async (_input, { layoutCompat: chosen }) => ({
    share_pictures: chosen.share_pictures,
    absent_big_user: chosen.absent_big_user,
  }),
});

/** What the designer of layouts must know to draw as the compositor does. */
export const layoutRoutes: readonly AdminRoute[] = [show];
