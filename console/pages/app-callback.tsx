import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { CallbackTestView } from '../../src/admin/app-test-routes.ts';
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
import { ErrorNote } from '../parts/states.tsx';
import { useIsOperator } from '../session.tsx';
import { LastChange, type SectionProps } from './app-section.tsx';

type Callback = AppView['callback']['value'];
const groups = ['recording', 'room', 'media'] as const;
type Group = (typeof groups)[number];

interface CallbackForm {
  readonly url: string;
  readonly key: string;
  readonly groups: readonly Group[];
  readonly retryHours: string;
  readonly roomUrl: string;
  readonly mediaUrl: string;
}

const formOf = (callback: Callback): CallbackForm => ({
  url: textOf(callback?.url),
  key: textOf(callback?.key),
  groups: callback?.groups ?? ['recording'],
  retryHours: textOf(callback?.retry_hours ?? 0),
  roomUrl: textOf(callback?.room_url),
  mediaUrl: textOf(callback?.media_url),
});

const bodyOf = ({ url, key, groups: wanted, retryHours, roomUrl, mediaUrl }: CallbackForm) => ({
  url: url.trim(),
  key: givenText(key),
  groups: wanted,
  retry_hours: numberOf(retryHours) ?? 0,
  room_url: givenText(roomUrl),
  media_url: givenText(mediaUrl),
});

/** Where events go, with a test of it. */
export function CallbackSection({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const [form, setForm] = useState(() => formOf(view.callback.value));
  const path = `/apps/${view.app}/callback`;
  const saved = (answer: AppView['callback'] | undefined): void => {
    setForm(formOf(answer?.value ?? null));
    tell({ theme: 'success', text: t('apps.saved') });
    onChanged();
  };
  const setting = useSetting<AppView['callback']>('PUT', path, saved);
  const ending = useSetting<undefined>('DELETE', path, saved);
  const set =
    <Name extends keyof CallbackForm>(name: Name) =>
    (value: CallbackForm[Name]) =>
      setForm({ ...form, [name]: value });
  const toggle = (group: Group) => (isOn: boolean) =>
    set('groups')(groups.filter((one) => (one === group ? isOn : form.groups.includes(one))));
  const onSubmit = (): void => (form.url.trim() === '' ? ending.send(undefined) : setting.send(bodyOf(form)));
  return (
    <SettingForm
      title={t('apps.callback')}
      setting={setting}
      onSubmit={onSubmit}
      below={
        <>
          <LastChange of={view.callback} />
          <CallbackTest path={path} callback={bodyOf(form)} isSet={form.url.trim() !== ''} />
        </>
      }
    >
      <LineField
        label={t('apps.url')}
        hint={t('apps.urlRule')}
        type="url"
        value={form.url}
        onChange={set('url')}
        isWrong={setting.isWrong('url')}
      />
      <LineField
        label={t('apps.callbackKey')}
        hint={t('apps.callbackKeyRule')}
        value={form.key}
        onChange={set('key')}
        isWrong={setting.isWrong('key')}
      />
      <div className="field checks" role="group" aria-label={t('apps.groups')}>
        <span aria-hidden="true">{t('apps.groups')}</span>
        {groups.map((group) => (
          <CheckField
            key={group}
            label={t(`apps.group.${group}`)}
            value={form.groups.includes(group)}
            onChange={toggle(group)}
          />
        ))}
      </div>
      <NumberField
        label={t('apps.retryHours')}
        hint={t('apps.retryHoursRule')}
        value={form.retryHours}
        onChange={set('retryHours')}
        isWrong={setting.isWrong('retry_hours')}
      />
      {form.groups.includes('room') && (
        <LineField
          label={t('apps.roomUrl')}
          hint={t('apps.otherUrlRule')}
          type="url"
          value={form.roomUrl}
          onChange={set('roomUrl')}
          isWrong={setting.isWrong('room_url')}
        />
      )}
      {form.groups.includes('media') && (
        <LineField
          label={t('apps.mediaUrl')}
          hint={t('apps.otherUrlRule')}
          type="url"
          value={form.mediaUrl}
          onChange={set('mediaUrl')}
          isWrong={setting.isWrong('media_url')}
        />
      )}
    </SettingForm>
  );
}

interface TestProps {
  readonly path: string;
  /** What stands in the form, saved or not. */
  readonly callback: object;
  readonly isSet: boolean;
}

function CallbackTest({ path, callback, isSet }: TestProps) {
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  const [group, setGroup] = useState<string>('recording');
  const [result, setResult] = useState<CallbackTestView | undefined>(undefined);
  const test = useSetting<CallbackTestView>('POST', `${path}/test`, setResult);
  const send = (): void => {
    setResult(undefined);
    test.send({ group, callback });
  };
  if (!isOperator) return null;
  return (
    <div className="trial">
      <h3>{t('apps.test')}</h3>
      <p className="quiet">{t('apps.testHint')}</p>
      <div className="line">
        <PickField
          label={t('apps.testGroup')}
          value={group}
          onChange={setGroup}
          options={groups.map((one) => ({ value: one, text: t(`apps.group.${one}`) }))}
        />
        <Button variant="outline" disabled={test.isBusy || !isSet} onClick={send}>
          {t('apps.testSend')}
        </Button>
      </div>
      {test.fault !== undefined && <ErrorNote text={test.fault} />}
      <div role="status">{result && <TestResult result={result} />}</div>
    </div>
  );
}

function TestResult({ result }: { readonly result: CallbackTestView }) {
  const { t } = useLanguage();
  const isOk = result.finding === 'ok';
  return (
    <>
      <p className={isOk ? 'good' : 'wrong'}>{t(`apps.finding.${result.finding}`)}</p>
      <dl className="facts">
        <dt>{t('apps.sentTo')}</dt>
        <dd className="long">{result.url}</dd>
        <dt>{t('apps.testStatus')}</dt>
        <dd>{result.status ?? t('task.noAnswer')}</dd>
        <dt>{t('task.took')}</dt>
        <dd>{t('apps.milliseconds', { n: result.durationMs })}</dd>
        {result.error !== undefined && (
          <>
            <dt>{t('apps.said')}</dt>
            <dd className="long">{result.error}</dd>
          </>
        )}
        {result.answer !== '' && (
          <>
            <dt>{t('task.answer')}</dt>
            <dd className="long">{result.answer}</dd>
          </>
        )}
      </dl>
    </>
  );
}
