import { z } from 'zod';
import {
  advancedPermission,
  callback,
  fileNames,
  limits,
  playKey,
  playLinkHours,
  storage,
} from '../config/app-schema.ts';

/** What can be changed of an app, section by section, in the keys of the configuration. */
export const appSections = {
  callback: callback.nullable().default(null),
  limits: limits.prefault({}),
  storage: storage.prefault({}),
  playback: z.strictObject({ play_key: playKey.optional(), play_link_hours: playLinkHours }).prefault({}),
  entry: z.strictObject({ advanced_permission: advancedPermission }).prefault({}),
  naming: z
    .strictObject({
      file_names: fileNames.nullable().default(null).describe('Form of file names; null for that of the installation.'),
    })
    .prefault({}),
};

/** Name of a section. */
export type SectionName = keyof typeof appSections;

/** All sections of an app. */
export type AppSections = { readonly [Name in SectionName]: z.output<(typeof appSections)[Name]> };

/** Names of all sections. */
export const sectionNames = Object.keys(appSections) as readonly SectionName[];

/** A section as it was stored; what an earlier version did not know is at its default. */
export const readSection = <Name extends SectionName>(name: Name, json: string | undefined): AppSections[Name] =>
  appSections[name].parse(json === undefined ? undefined : JSON.parse(json)) as AppSections[Name];
