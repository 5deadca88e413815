import { useLanguage, type Translate } from '../../language.tsx';
import { placeKey, type Draft } from './draft.ts';

/** In plain words what the rule of the form will do, and for which rooms. */
export function RuleSentence({ draft }: { readonly draft: Draft }) {
  const { t } = useLanguage();
  return (
    <section className="rule-sentence" aria-label={t('rule.sentence')} aria-live="polite">
      <h2>{t('rule.sentence')}</h2>
      <p>{sentences(draft, t).join(' ')}</p>
      <p className="quiet">{t('rule.say.from')}</p>
    </section>
  );
}

function sentences(draft: Draft, t: Translate): string[] {
  const on = (['single', 'mixed'] as const).filter((mode) => draft[`${mode}.enabled`] === 'true');
  if (on.length === 0) return [t('rule.say.nothing')];
  return [...on.map((mode) => modeSentence(draft, mode, t)), waitSentence(draft, t), placeSentence(draft, t)];
}

const contentOf = (draft: Draft, mode: string): 'audio_video' | 'audio' | 'video' => {
  const content = draft[`${mode}.content`];
  return content === 'audio' || content === 'video' ? content : 'audio_video';
};

const formatsOf = (draft: Draft, mode: string): string =>
  (draft[`${mode}.formats`] ?? 'mp4').toUpperCase().split(',').join(' + ');

function modeSentence(draft: Draft, mode: 'single' | 'mixed', t: Translate): string {
  const content = t(`rule.say.content.${contentOf(draft, mode)}`);
  const formats = formatsOf(draft, mode);
  const minutes = draft[`${mode}.max_file_minutes`] || '1440';
  return t(`rule.say.${mode}`, { content, formats, minutes });
}

const waitSentence = (draft: Draft, t: Translate): string =>
  t('rule.say.wait', { seconds: draft['max_idle_time'] || '5' });

const placeSentence = (draft: Draft, t: Translate): string =>
  draft[placeKey] === 'bucket'
    ? t('rule.say.bucket', { bucket: draft['storage.bucket.bucket'] || '…' })
    : t('rule.say.vod');
