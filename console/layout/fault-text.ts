import type { FieldLimit } from '../../src/api/fields.ts';
import type { TextKey, Translate } from '../language.tsx';
import type { Fault } from './faults.ts';

const lists: Readonly<Record<string, TextKey>> = { MixLayoutList: 'layout.cell', WaterMarkList: 'layout.mark' };

/** Says what the API has against something: where it is, which field, and what would be right. */
export function faultText(fault: Fault, t: Translate): string {
  const what = whatText(fault, t);
  const [list, index] = fault.path;
  const name = lists[String(list)];
  if (name === undefined || typeof index !== 'number') return what;
  return t('layout.fault.in', { where: t(name, { n: index + 1 }), what });
}

function whatText(fault: Fault, t: Translate): string {
  const field = fault.path.findLast((part) => typeof part === 'string') ?? '';
  if (fault.kind === 'outside') return t('layout.fault.outside', { ...fault.canvas });
  if (fault.kind !== 'range') return t(`layout.fault.${fault.kind}`, { field });
  return fault.limit ? limitText(field, fault.limit, t) : formText(field, t);
}

function limitText(field: string, limit: FieldLimit, t: Translate): string {
  if (limit.kind === 'choices') return t('layout.fault.choices', { field, choices: limit.choices.join(', ') });
  return t(`layout.fault.${limit.kind}`, { field, ...limit });
}

function formText(field: string, t: Translate): string {
  if (field.endsWith('Color')) return t('layout.fault.colour', { field });
  if (/Url$|Image$/.test(field)) return t('layout.fault.image', { field });
  return field === 'Height' ? t('layout.fault.area') : t('layout.fault.form', { field });
}
