import { useState, type FormEvent } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { RequestFault } from '../../../src/admin/problem.ts';
import { ApiError, ask } from '../../api.ts';
import { errorText } from '../../asking.ts';
import { useLanguage, type Translate } from '../../language.tsx';
import { useNotice } from '../../parts/notice.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { useIsOperator } from '../../session.tsx';
import { bodyOf, draftOf, placeKey, type Rule, type RuleDefaults } from './draft.ts';
import { RuleChoice, RuleColour, RuleSwitch, RuleText, type FormState } from './rule-fields.tsx';
import { RulePicture } from './rule-picture.tsx';
import { RuleSentence } from './rule-sentence.tsx';

interface RuleFormProps {
  readonly app: number;
  /** The rule in force, null for none. */
  readonly rule: Rule | null;
  readonly defaults: RuleDefaults;
  readonly onChanged: () => void;
}

/** Everything of an app's rule. */
export function RuleForm({ app, rule, defaults, onChanged }: RuleFormProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const isOperator = useIsOperator();
  const [draft, setDraft] = useState(() => draftOf(rule, defaults));
  const [faults, setFaults] = useState<readonly RequestFault[]>([]);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    setFaults([]);
    setRefusal(undefined);
    try {
      await ask(`/apps/${app}/auto-record`, { method: 'PUT', body: bodyOf(draft) });
      tell({ theme: 'success', text: t('rule.saved') });
      onChanged();
    } catch (error) {
      if (error instanceof ApiError) setFaults(error.errors);
      setRefusal(errorText(error, t));
    }
    setBusy(false);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void save();
  };
  const change = (path: string, value: string): void => {
    setDraft({ ...draft, [path]: value });
    setFaults(faults.filter(({ at }) => at !== path));
  };
  const form: FormState = { draft, faults, change, isLocked: !isOperator || isBusy };
  return (
    <form onSubmit={onSubmit} noValidate>
      <RuleSentence draft={draft} />
      <ModeFields form={form} mode="single" />
      <ModeFields form={form} mode="mixed" />
      <WhenFields form={form} />
      <StorageFields form={form} />
      <CallbackFields form={form} />
      {refusal !== undefined && <ErrorNote text={refusal} />}
      {isOperator && (
        <div className="rule-save">
          <Button type="submit" theme="primary" disabled={isBusy}>
            {t('rule.save')}
          </Button>
        </div>
      )}
    </form>
  );
}

const contents = ['audio_video', 'audio', 'video'] as const;
const formats = ['mp4', 'hls', 'hls,mp4', 'aac', 'hls,aac'] as const;

/** Keys of a rule may list the same formats in another order. */
const formatText = (value: string): string => value.split(',').join(' + ').toUpperCase();

function ModeFields({ form, mode }: { readonly form: FormState; readonly mode: 'single' | 'mixed' }) {
  const { t } = useLanguage();
  const isOn = form.draft[`${mode}.enabled`] === 'true';
  const own = form.draft[`${mode}.formats`] ?? 'mp4';
  const offered = formats.some((one) => one === own) ? formats : [own, ...formats];
  return (
    <section aria-label={t(`rule.${mode}`)}>
      <h2>{t(`rule.${mode}`)}</h2>
      <RuleSwitch form={form} path={`${mode}.enabled`} name={`rule.${mode}On`} />
      {isOn && (
        <div className="rule-fields">
          <RuleChoice
            form={form}
            path={`${mode}.content`}
            name="rule.content"
            options={contents.map((value) => ({ value, text: t(`rule.content.${value}`) }))}
          />
          <RuleChoice
            form={form}
            path={`${mode}.formats`}
            name="rule.formats"
            hint={t('rule.formatsHint')}
            options={offered.map((value) => ({ value, text: formatText(value) }))}
          />
          <RuleText
            form={form}
            path={`${mode}.max_file_minutes`}
            name="rule.longest"
            hint={t('rule.range', { min: 1, max: 1440 })}
            isNumber
          />
        </div>
      )}
      {isOn && mode === 'mixed' && <MixedFields form={form} />}
    </section>
  );
}

const range = (t: Translate, min: number, max: number): string => t('rule.range', { min, max });

function MixedFields({ form }: { readonly form: FormState }) {
  const { t } = useLanguage();
  const hasBig = form.draft['mixed.layout.mode'] !== '3';
  return (
    <>
      <h3>{t('rule.layout')}</h3>
      <div className="rule-layout">
        <div className="rule-fields">
          <RuleChoice
            form={form}
            path="mixed.layout.mode"
            name="rule.template"
            options={(['3', '2', '1'] as const).map((value) => ({ value, text: t(`rule.template.${value}`) }))}
          />
          {hasBig && (
            <RuleText form={form} path="mixed.layout.big_prefix" name="rule.bigPrefix" hint={t('rule.bigPrefixHint')} />
          )}
          {hasBig && (
            <RuleChoice
              form={form}
              path="mixed.layout.big_media"
              name="rule.bigMedia"
              options={(['main', 'aux'] as const).map((value) => ({ value, text: t(`rule.bigMedia.${value}`) }))}
            />
          )}
          <RuleChoice
            form={form}
            path="mixed.layout.render_mode"
            name="rule.render"
            options={(['crop', 'fit', 'smart', 'stretch'] as const).map((value) => ({
              value,
              text: t(`rule.render.${value}`),
            }))}
          />
          <RuleColour form={form} path="mixed.layout.background_color" name="rule.colour" />
          <RuleText form={form} path="mixed.layout.background_image" name="rule.image" hint={t('rule.imageHint')} />
        </div>
        <RulePicture draft={form.draft} />
      </div>
      {form.draft['mixed.content'] !== 'audio' && (
        <>
          <h3>{t('rule.video')}</h3>
          <div className="rule-fields">
            <RuleText form={form} path="mixed.video.width" name="rule.width" hint={range(t, 16, 1920)} isNumber />
            <RuleText form={form} path="mixed.video.height" name="rule.height" hint={range(t, 16, 1920)} isNumber />
            <RuleText form={form} path="mixed.video.fps" name="rule.fps" hint={range(t, 1, 60)} isNumber />
            <RuleText
              form={form}
              path="mixed.video.bitrate"
              name="rule.bitrate"
              hint={range(t, 64_000, 8_192_000)}
              isNumber
            />
            <RuleText form={form} path="mixed.video.gop" name="rule.gop" hint={range(t, 1, 60)} isNumber />
          </div>
        </>
      )}
      {form.draft['mixed.content'] !== 'video' && (
        <>
          <h3>{t('rule.audio')}</h3>
          <div className="rule-fields">
            <RuleChoice
              form={form}
              path="mixed.audio.sample_rate"
              name="rule.sampleRate"
              options={['48000', '44100', '16000'].map((value) => ({ value, text: value }))}
            />
            <RuleChoice
              form={form}
              path="mixed.audio.channels"
              name="rule.channels"
              options={(['2', '1'] as const).map((value) => ({ value, text: t(`rule.channels.${value}`) }))}
            />
            <RuleText
              form={form}
              path="mixed.audio.bitrate"
              name="rule.bitrate"
              hint={range(t, 32_000, 128_000)}
              isNumber
            />
          </div>
        </>
      )}
    </>
  );
}

function WhenFields({ form }: { readonly form: FormState }) {
  const { t } = useLanguage();
  return (
    <section aria-label={t('rule.when')}>
      <h2>{t('rule.when')}</h2>
      <div className="rule-fields">
        <RuleText form={form} path="max_idle_time" name="rule.wait" hint={t('rule.waitHint')} isNumber />
      </div>
    </section>
  );
}

function StorageFields({ form }: { readonly form: FormState }) {
  const { t } = useLanguage();
  const isBucket = form.draft[placeKey] === 'bucket';
  return (
    <section aria-label={t('rule.storage')}>
      <h2>{t('rule.storage')}</h2>
      <div className="rule-fields">
        <RuleChoice
          form={form}
          path={placeKey}
          name="rule.place"
          options={(['vod', 'bucket'] as const).map((value) => ({ value, text: t(`rule.place.${value}`) }))}
        />
        {isBucket ? <BucketFields form={form} /> : <VodFields form={form} />}
      </div>
    </section>
  );
}

const BucketFields = ({ form }: { readonly form: FormState }) => {
  const { t } = useLanguage();
  return (
    <>
      <RuleChoice
        form={form}
        path="storage.bucket.vendor"
        name="rule.vendor"
        options={(['s3', 'cos'] as const).map((value) => ({ value, text: t(`rule.vendor.${value}`) }))}
      />
      <RuleText form={form} path="storage.bucket.region" name="rule.region" />
      <RuleText form={form} path="storage.bucket.bucket" name="rule.bucket" />
      <RuleText form={form} path="storage.bucket.endpoint" name="rule.endpoint" hint={t('rule.endpointHint')} />
      <RuleText form={form} path="storage.bucket.access_key" name="rule.accessKey" />
      <RuleText form={form} path="storage.bucket.secret_key" name="rule.secretKey" />
      <RuleText form={form} path="storage.bucket.prefix" name="rule.prefix" hint={t('rule.prefixHint')} />
    </>
  );
};

const VodFields = ({ form }: { readonly form: FormState }) => {
  const { t } = useLanguage();
  return (
    <>
      <RuleText form={form} path="storage.vod.expire_seconds" name="rule.expire" hint={t('rule.expireHint')} isNumber />
      <RuleText form={form} path="storage.vod.file_prefix" name="rule.filePrefix" hint={t('rule.filePrefixHint')} />
      <RuleText form={form} path="storage.vod.sub_app_id" name="rule.subApp" hint={t('rule.subAppHint')} isNumber />
      <RuleText form={form} path="storage.vod.class_id" name="rule.class" isNumber />
      <RuleText form={form} path="storage.vod.procedure" name="rule.procedure" hint={t('rule.procedureHint')} />
      <RuleText form={form} path="storage.vod.storage_region" name="rule.storageRegion" />
      <RuleText form={form} path="storage.vod.session_context" name="rule.sessionContext" />
      <RuleText form={form} path="storage.vod.source_context" name="rule.sourceContext" />
    </>
  );
};

function CallbackFields({ form }: { readonly form: FormState }) {
  const { t } = useLanguage();
  return (
    <section aria-label={t('rule.callback')}>
      <h2>{t('rule.callback')}</h2>
      <div className="rule-fields">
        <RuleText form={form} path="callback.url" name="rule.callbackUrl" hint={t('rule.callbackHint')} />
        <RuleText form={form} path="callback.key" name="rule.callbackKey" hint={t('rule.callbackKeyHint')} />
        <RuleText form={form} path="callback.retry_hours" name="rule.retry" hint={t('rule.retryHint')} isNumber />
      </div>
    </section>
  );
}
