import { startCallbackDelivery } from '../../src/callbacks/delivery.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/store.ts';
import { oneApp, silentLog } from '../tasks/fixture.ts';

/** Delivers what is in the store until it is killed. */
const [path = '', url = ''] = process.argv.slice(2);
const clock = systemClock();
const store = await openStore({ path, clock });
startCallbackDelivery({ store, apps: oneApp({ url, key: 'k', giveUpMs: 3_600_000 }), clock, log: silentLog });
