import { useState, type FormEvent } from 'react';
import { Button } from 'tdesign-react/es/button';
import type { LibraryFileView } from '../../src/admin/library-routes.ts';
import { useLanguage } from '../language.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { useDoing } from '../parts/doing.ts';
import { DayField } from '../parts/fields.tsx';
import { dayBounds } from '../parts/filter.tsx';
import { ErrorNote } from '../parts/states.tsx';

interface ExpiryDialogProps {
  readonly file: LibraryFileView;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** Asks for the last day of a file. */
export function ExpiryDialog({ file, onClose, onChanged }: ExpiryDialogProps) {
  const { t } = useLanguage();
  const { run } = useDoing(onChanged);
  const [day, setDay] = useState(file.expiresMs === null ? '' : dayOf(file.expiresMs - 1));
  const [isPast, setPast] = useState(false);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const expiresMs = dayBounds(day)?.end ?? null;
    if (expiresMs !== null && expiresMs <= Date.now()) return setPast(true);
    const path = `/library/files/${encodeURIComponent(file.fileId)}/expiry`;
    run({ method: 'PUT', path, body: { expiresMs }, done: t('library.expirySet') });
    onClose();
  };
  return (
    <Dialog title={t('library.setExpiryOf', { name: file.name })} onClose={onClose}>
      <form className="narrow" onSubmit={onSubmit}>
        <DayField label={t('library.expiryDate')} value={day} onChange={setDay} />
        {isPast && <ErrorNote text={t('library.expiryPast')} />}
        <div className="buttons">
          <Button variant="outline" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" theme="primary">
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The day of the browser's zone in which a moment lies. */
function dayOf(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
