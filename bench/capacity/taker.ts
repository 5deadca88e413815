/** In the recorders' place: takes everything that rooms hand over and counts it. `node taker.ts DATA_DIR URL ROOM…` */
import { systemClock } from '../../src/clock.ts';
import { openSecrets } from '../../src/config/secrets.ts';
import { connectFeed } from '../../src/feed/client.ts';
import { SDK_APP_ID } from '../../test/kit/server.ts';

const [dataDir = '', url = '', ...roomIds] = process.argv.slice(2);
const { token } = openSecrets(dataDir).secrets;
const clock = systemClock();
let [joined, packets] = [0, 0];
for (const roomId of roomIds) {
  const room = { sdkAppId: SDK_APP_ID, kind: 'number', roomId } as const;
  connectFeed({
    url,
    token,
    clock,
    join: { kind: 'join', room, botUserId: 'bot', taskId: 'taker' },
    on: {
      onEvent: ({ kind }) => {
        if (kind === 'joined' && ++joined === roomIds.length) process.send?.({ kind: 'ready' });
      },
      onPacket: () => void (packets += 1),
      onClosed: (reason) => {
        throw new Error(`the feed of ${roomId} closed: ${reason}`);
      },
    },
  });
}
process.on('message', () => process.send?.(packets));
process.on('disconnect', () => process.exit());
