import { useState } from 'react';
import type { AppView } from '../../src/admin/app-view.ts';
import { useLanguage } from '../language.tsx';
import { useNotice } from '../parts/notice.tsx';
import {
  CheckField,
  givenText,
  LineField,
  NumberField,
  numberOf,
  PickField,
  textOf,
} from '../parts/setting-fields.tsx';
import { SettingForm, useSetting } from '../parts/setting-form.tsx';
import { LastChange, type SectionProps } from './app-section.tsx';

type Limits = AppView['limits']['value'];
const limitNames = ['concurrent_tasks', 'queries_per_second', 'streams_per_task', 'library_gb', 'sessions'] as const;
type LimitForm = Readonly<Record<(typeof limitNames)[number], string>>;

const limitsFormOf = (limits: Limits): LimitForm =>
  Object.fromEntries(limitNames.map((name) => [name, textOf(limits[name])])) as LimitForm;

/** What the app may at most. */
export function LimitsSection({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const [form, setForm] = useState(() => limitsFormOf(view.limits.value));
  const setting = useSetting<AppView['limits']>('PUT', `/apps/${view.app}/limits`, ({ value }) => {
    setForm(limitsFormOf(value));
    tell({ theme: 'success', text: t('apps.saved') });
    onChanged();
  });
  const body = (): object => Object.fromEntries(limitNames.map((name) => [name, numberOf(form[name])]));
  return (
    <SettingForm
      title={t('apps.limits')}
      setting={setting}
      onSubmit={() => setting.send(body())}
      below={<LastChange of={view.limits} />}
    >
      {limitNames.map((name) => (
        <NumberField
          key={name}
          label={t(`apps.limit.${name}`)}
          hint={t(`apps.limitRule.${name}`)}
          value={form[name]}
          onChange={(value) => setForm({ ...form, [name]: value })}
          isWrong={setting.isWrong(name)}
        />
      ))}
    </SettingForm>
  );
}

/** Whether addresses of files are signed. */
export function PlaybackSection({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const of = ({ value }: AppView['playback']) => ({
    key: textOf(value.play_key),
    hours: textOf(value.play_link_hours),
  });
  const [form, setForm] = useState(() => of(view.playback));
  const setting = useSetting<AppView['playback']>('PUT', `/apps/${view.app}/playback`, (answer) => {
    setForm(of(answer));
    tell({ theme: 'success', text: t('apps.saved') });
    onChanged();
  });
  return (
    <SettingForm
      title={t('apps.playback')}
      setting={setting}
      onSubmit={() => setting.send({ play_key: givenText(form.key), play_link_hours: numberOf(form.hours) })}
      below={<LastChange of={view.playback} />}
    >
      <LineField
        label={t('apps.playKey')}
        hint={t('apps.playKeyRule')}
        value={form.key}
        onChange={(key) => setForm({ ...form, key })}
        isWrong={setting.isWrong('play_key')}
      />
      <NumberField
        label={t('apps.linkHours')}
        hint={t('apps.linkHoursRule')}
        value={form.hours}
        onChange={(hours) => setForm({ ...form, hours })}
        isWrong={setting.isWrong('play_link_hours')}
      />
    </SettingForm>
  );
}

/** Names of files, and what entering a room needs. */
export function WaysSection({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const done = (): void => {
    tell({ theme: 'success', text: t('apps.saved') });
    onChanged();
  };
  const [names, setNames] = useState(textOf(view.naming.value.file_names));
  const [isStrict, setStrict] = useState(view.entry.value.advanced_permission);
  const naming = useSetting<AppView['naming']>('PUT', `/apps/${view.app}/naming`, done);
  const entry = useSetting<AppView['entry']>('PUT', `/apps/${view.app}/entry`, done);
  return (
    <>
      <SettingForm
        title={t('apps.names')}
        setting={naming}
        onSubmit={() => naming.send({ file_names: names === '' ? null : names })}
        below={<LastChange of={view.naming} />}
      >
        <PickField
          label={t('apps.fileNames')}
          hint={t('apps.fileNamesRule')}
          value={names}
          onChange={setNames}
          options={(['', 'documented', 'wire'] as const).map((value) => ({
            value,
            text: t(`apps.fileNames.${value || 'installation'}`),
          }))}
        />
      </SettingForm>
      <SettingForm
        title={t('apps.entry')}
        setting={entry}
        onSubmit={() => entry.send({ advanced_permission: isStrict })}
        below={<LastChange of={view.entry} />}
      >
        <CheckField
          label={t('apps.advancedPermission')}
          hint={t('apps.advancedPermissionRule')}
          value={isStrict}
          onChange={setStrict}
        />
      </SettingForm>
    </>
  );
}
