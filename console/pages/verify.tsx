import { Alert } from 'tdesign-react/es/alert';
import { Button } from 'tdesign-react/es/button';
import type { VerificationView } from '../../src/admin/verify-routes.ts';
import { queryOf } from '../api.ts';
import { useAsked } from '../asking.ts';
import { useFormat } from '../format.ts';
import { useLanguage, type TextKey } from '../language.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { Shown } from '../parts/states.tsx';
import { useIsOperator } from '../session.tsx';
import { en } from '../texts/en.ts';
import './verify.css';

interface VerifyDialogProps {
  readonly taskId: string;
  /** One file of the task; all of it without. */
  readonly fileId?: string;
  readonly name: string;
  readonly onClose: () => void;
}

const pollMs = 1000;

/** Has a recording compared with its signed manifest, and tells what that came to. */
export function VerifyDialog({ taskId, fileId, name, onClose }: VerifyDialogProps) {
  const { t } = useLanguage();
  const path = `/tasks/${encodeURIComponent(taskId)}`;
  const asked = useAsked<VerificationView>(`${path}/verification${queryOf({ fileId })}`, pollMs);
  const { isBusy, run } = useDoing(asked.reload);
  const isOperator = useIsOperator();
  const begin = (): void =>
    run({ method: 'POST', path: `${path}/verification`, body: { fileId }, done: t('verify.begun') });
  return (
    <Dialog title={t('verify.titleOf', { name })} onClose={onClose} isWide>
      <p>{t('verify.explain')}</p>
      <Shown asked={asked}>
        {(verification) => (
          <>
            <Outcome verification={verification} />
            {!isOperator && verification.state === 'none' && <p className="quiet">{t('verify.viewer')}</p>}
            <div className="buttons">
              <a className="button" href={`/admin/v1${path}/manifest`} download={`${taskId}.json`}>
                {t('verify.manifest')}
              </a>
              {isOperator && (
                <Button theme="primary" disabled={isBusy || isUnderWay(verification)} onClick={begin}>
                  {t(verification.state === 'none' ? 'verify.start' : 'verify.again')}
                </Button>
              )}
            </div>
          </>
        )}
      </Shown>
    </Dialog>
  );
}

const isUnderWay = ({ state }: VerificationView): boolean => state === 'waiting' || state === 'running';

function Outcome({ verification }: { readonly verification: VerificationView }) {
  const { t } = useLanguage();
  const { state, error } = verification;
  if (state === 'none') return null;
  if (state === 'waiting') return <p role="status">{t('verify.waiting')}</p>;
  if (state === 'running') return <Progress verification={verification} />;
  if (state === 'done') return <Result verification={verification} />;
  return (
    <div role="alert">
      <Alert theme="error" message={t('verify.failed')} />
      <p className="quiet long">{error}</p>
    </div>
  );
}

function Progress({ verification: { progress } }: { readonly verification: VerificationView }) {
  const { t } = useLanguage();
  const { size } = useFormat();
  const { doneBytes = 0, totalBytes = 0, name = '' } = progress ?? {};
  return (
    <div role="status">
      <p>{t('verify.running', { done: size(doneBytes), total: size(totalBytes) })}</p>
      <progress className="verify-progress" max={totalBytes || 1} value={doneBytes} aria-label={t('verify.progress')} />
      <p className="quiet long">{name}</p>
    </div>
  );
}

const themes = { ok: 'success', tampered: 'error', unknown: 'warning' } as const;

function Result({ verification: { verdict, endedMs } }: { readonly verification: VerificationView }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  if (!verdict) return null;
  const { result, faults, checked, notes } = verdict;
  return (
    <div role="status">
      <Alert theme={themes[result]} message={t(`verify.${result}`, { n: faults.length })} />
      <p className="quiet">{t('verify.ended', { time: time(endedMs) })}</p>
      {faults.length > 0 && (
        <ul className="plain">
          {faults.map((fault) => (
            <li key={`${fault.kind}${fault.file}${fault.text}`}>
              <Fault fault={fault} />
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>{t('verify.details')}</summary>
        <ul className="plain" lang="en">
          {[...faults.map(({ text }) => text), ...notes, ...checked].map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </details>
    </div>
  );
}

type FaultView = NonNullable<VerificationView['verdict']>['faults'][number];

function Fault({ fault: { kind, file, fromS, toS, text } }: { readonly fault: FaultView }) {
  const { t } = useLanguage();
  const { length } = useFormat();
  const key = `verify.fault.${kind}`;
  const where =
    fromS === null || toS === null
      ? file
      : t('verify.where', { file, from: length(fromS * 1000), to: length(toS * 1000) });
  return (
    <>
      <p>{isText(key) ? t(key) : text}</p>
      <p className="quiet">{where}</p>
    </>
  );
}

/** A newer server may find what these texts do not know. */
const isText = (key: string): key is TextKey => Object.hasOwn(en, key);
