import type { ComponentType } from 'react';
import type { TextKey } from './language.tsx';
import { AccountPage } from './pages/account.tsx';
import { AdministratorsPage } from './pages/administrators.tsx';
import { AuditPage } from './pages/audit.tsx';
import { AutoRecordPage } from './pages/auto-record.tsx';
import { AppsPage } from './pages/apps.tsx';
import { LayoutPage } from './pages/layout.tsx';
import { LibraryPage } from './pages/library.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { RecordingsPage } from './pages/recordings.tsx';
import { RoomsPage } from './pages/rooms.tsx';
import type { Place } from './route.ts';

/** A page of the console. */
export interface ConsolePage {
  /** First part of its place. */
  readonly name: string;
  readonly title: TextKey;
  /** Not for viewers. */
  readonly isForOperators?: boolean;
  readonly Page: ComponentType<{ readonly place: Place }>;
}

/** All pages in the order of the menu; the first one is shown where the place names none. */
export const PAGES: readonly ConsolePage[] = [
  { name: 'overview', title: 'nav.overview', Page: OverviewPage },
  { name: 'recordings', title: 'nav.recordings', Page: RecordingsPage },
  { name: 'library', title: 'nav.library', Page: LibraryPage },
  { name: 'rooms', title: 'nav.rooms', Page: RoomsPage },
  { name: 'auto-record', title: 'nav.auto-record', Page: AutoRecordPage },
  { name: 'layout', title: 'nav.layout', Page: LayoutPage },
  { name: 'apps', title: 'nav.apps', Page: AppsPage },
  { name: 'administrators', title: 'nav.administrators', isForOperators: true, Page: AdministratorsPage },
  { name: 'audit', title: 'nav.audit', isForOperators: true, Page: AuditPage },
  { name: 'account', title: 'nav.account', Page: AccountPage },
];
