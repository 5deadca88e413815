import type { TaskDetailView } from '../../src/admin/task-view.ts';
import { useFormat } from '../format.ts';
import { useLanguage } from '../language.tsx';

type Progress = NonNullable<TaskDetailView['files'][number]['progress']>;

/** How far a file is on its way to its destination. */
export function FileProgress({ name, progress }: { readonly name: string; readonly progress: Progress }) {
  const { t } = useLanguage();
  const { time } = useFormat();
  const { state, step, totalBytes, doneBytes, attempts, nextTryMs, lastError } = progress;
  const text =
    state === 'running' ? t(step === null ? 'progress.running' : `progress.${step}`) : t(`progress.${state}`);
  return (
    <div className="file-progress">
      <span>{text}</span>
      {totalBytes > 0 && <progress aria-label={t('progress.of', { name })} max={totalBytes} value={doneBytes} />}
      <Bytes progress={progress} />
      {nextTryMs !== null && <span>{t('progress.nextTry', { time: time(nextTryMs) })}</span>}
      {attempts > 1 && <span className="quiet">{t('progress.attempts', { n: attempts })}</span>}
      {lastError !== null && <span className="quiet long">{t('progress.lastError', { error: lastError })}</span>}
    </div>
  );
}

function Bytes({ progress: { totalBytes, doneBytes, bytesPerSecond } }: { readonly progress: Progress }) {
  const { t } = useLanguage();
  const { size, length, number } = useFormat();
  if (totalBytes === 0) return doneBytes > 0 && <span>{size(doneBytes)}</span>;
  const values = {
    done: size(doneBytes),
    total: size(totalBytes),
    percent: number(Math.floor((100 * doneBytes) / totalBytes)),
  };
  const leftMs = bytesPerSecond ? ((totalBytes - doneBytes) * 1000) / bytesPerSecond : undefined;
  return (
    <>
      <span>{t('progress.bytes', values)}</span>
      {bytesPerSecond !== null && bytesPerSecond > 0 && (
        <span>{t('progress.speed', { size: size(bytesPerSecond) })}</span>
      )}
      {leftMs !== undefined && leftMs > 0 && <span>{t('progress.left', { length: length(leftMs) })}</span>}
    </>
  );
}
