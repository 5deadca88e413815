import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Intake } from './intake.ts';
import type { ToldApps } from './room-apps.ts';
import type { RoomRegistry } from './room-registry.ts';
import type { SessionTable } from './session-table.ts';
import type { WatchTickets } from '../watch-tickets.ts';
import type { TransportFactory } from './transport.ts';

/** What the routes of the rooms role work on. */
export interface RoomsContext {
  readonly registry: RoomRegistry;
  readonly sessions: SessionTable;
  /** Limits what each session sends. */
  readonly intake: Intake;
  readonly apps: ToldApps;
  /** Of administrators who watch. */
  readonly tickets: Pick<WatchTickets, 'allows'>;
  readonly clock: Clock;
  readonly transports: TransportFactory;
  readonly log: Logger;
}
