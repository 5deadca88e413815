import { useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { StorageTestView } from '../../src/admin/app-test-routes.ts';
import type { AppView } from '../../src/admin/app-view.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';
import { useNotice } from '../parts/notice.tsx';
import { givenText, LineField, NumberField, numberOf, PickField, textOf } from '../parts/setting-fields.tsx';
import { SettingForm, useSetting } from '../parts/setting-form.tsx';
import { ErrorNote } from '../parts/states.tsx';
import { useIsOperator } from '../session.tsx';
import { LastChange, type SectionProps } from './app-section.tsx';

interface StorageForm {
  readonly kind: string;
  readonly secretId: string;
  readonly secretKey: string;
  readonly subAppId: string;
  readonly region: string;
  readonly endpoint: string;
  readonly protocol: string;
  readonly cosDomain: string;
}

function formOf({ tencent_vod: vod }: AppView['storage']['value']): StorageForm {
  return {
    kind: vod ? 'tencent-vod' : 'library',
    secretId: textOf(vod?.secret_id),
    secretKey: textOf(vod?.secret_key),
    subAppId: textOf(vod?.sub_app_id),
    region: textOf(vod?.region),
    endpoint: textOf(vod?.endpoint),
    protocol: textOf(vod?.protocol ?? 'https'),
    cosDomain: textOf(vod?.cos_domain),
  };
}

function bodyOf(form: StorageForm): object {
  if (form.kind === 'library') return { library: {} };
  return {
    tencent_vod: {
      secret_id: form.secretId.trim(),
      secret_key: form.secretKey.trim(),
      sub_app_id: numberOf(form.subAppId),
      region: givenText(form.region),
      endpoint: givenText(form.endpoint),
      protocol: form.protocol,
      cos_domain: givenText(form.cosDomain),
    },
  };
}

/** Where finished files go, with a test of it. */
export function StorageSection({ view, onChanged }: SectionProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const [form, setForm] = useState(() => formOf(view.storage.value));
  const path = `/apps/${view.app}/storage`;
  const setting = useSetting<AppView['storage']>('PUT', path, ({ value }) => {
    setForm(formOf(value));
    tell({ theme: 'success', text: t('apps.saved') });
    onChanged();
  });
  const set = (name: keyof StorageForm) => (value: string) => setForm({ ...form, [name]: value });
  const isWrong = (key: string): boolean => setting.isWrong(`tencent_vod.${key}`);
  return (
    <SettingForm
      title={t('apps.storage')}
      setting={setting}
      conflict={t('apps.ruleInTheWay')}
      onSubmit={() => setting.send(bodyOf(form))}
      below={
        <>
          <LastChange of={view.storage} />
          <StorageTest path={`${path}/test`} body={{ storage: bodyOf(form) }} />
        </>
      }
    >
      <PickField
        label={t('apps.storageKind')}
        hint={t('apps.storageRule')}
        value={form.kind}
        onChange={set('kind')}
        options={(['library', 'tencent-vod'] as const).map((value) => ({ value, text: t(`apps.storage.${value}`) }))}
      />
      {form.kind === 'tencent-vod' && (
        <>
          <LineField
            label={t('apps.secretId')}
            value={form.secretId}
            onChange={set('secretId')}
            isWrong={isWrong('secret_id')}
          />
          <LineField
            label={t('apps.secretKey')}
            hint={t('apps.hiddenRule')}
            value={form.secretKey}
            onChange={set('secretKey')}
            isWrong={isWrong('secret_key')}
          />
          <NumberField
            label={t('apps.subAppId')}
            hint={t('apps.subAppIdRule')}
            value={form.subAppId}
            onChange={set('subAppId')}
            isWrong={isWrong('sub_app_id')}
          />
          <LineField
            label={t('apps.region')}
            hint={t('apps.regionRule')}
            value={form.region}
            onChange={set('region')}
            isWrong={isWrong('region')}
          />
          <LineField
            label={t('apps.endpoint')}
            hint={t('apps.endpointRule')}
            value={form.endpoint}
            onChange={set('endpoint')}
            isWrong={isWrong('endpoint')}
          />
          <PickField
            label={t('apps.protocol')}
            hint={t('apps.protocolRule')}
            value={form.protocol}
            onChange={set('protocol')}
            options={['https', 'http'].map((value) => ({ value, text: value }))}
          />
          <LineField
            label={t('apps.cosDomain')}
            hint={t('apps.cosDomainRule', { bucket: '{Bucket}', region: '{Region}' })}
            value={form.cosDomain}
            onChange={set('cosDomain')}
            isWrong={isWrong('cos_domain')}
          />
        </>
      )}
    </SettingForm>
  );
}

/** Tries storage and says what was found. */
export function StorageTest({ path, body }: { readonly path: string; readonly body: object }) {
  const { t } = useLanguage();
  const { number } = useFormat();
  const isOperator = useIsOperator();
  const [result, setResult] = useState<StorageTestView | undefined>(undefined);
  const test = useSetting<StorageTestView>('POST', path, setResult);
  const send = (): void => {
    setResult(undefined);
    test.send(body);
  };
  if (!isOperator) return null;
  return (
    <div className="trial">
      <h3>{t('apps.tryStorage')}</h3>
      <p className="quiet">{t('apps.tryStorageHint')}</p>
      <Button variant="outline" disabled={test.isBusy} onClick={send}>
        {t('apps.try')}
      </Button>
      {test.fault !== undefined && <ErrorNote text={test.fault} />}
      <div role="status">
        {result && (
          <>
            <p className={isGood(result) ? 'good' : 'wrong'}>{t(`apps.storageFinding.${result.finding}`)}</p>
            <ul className="plain">
              {result.steps.map(({ step, isOk, durationMs }) => (
                <li key={step}>
                  {t(isOk ? 'apps.stepWell' : 'apps.stepFailed', {
                    step: t(`apps.step.${step}`),
                    n: durationMs,
                  })}
                </li>
              ))}
            </ul>
            {result.freeMb !== undefined && <p>{t('apps.freeMb', { n: number(result.freeMb) })}</p>}
            {result.error !== undefined && <p className="quiet long">{result.error}</p>}
          </>
        )}
      </div>
    </div>
  );
}

const isGood = ({ finding }: StorageTestView): boolean => ['ok', 'keys-only', 'write-only'].includes(finding);
