import { useRef, useState } from 'react';
import { Button } from 'tdesign-react/es/button';
import { useLanguage } from '../language.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { useNotice } from '../parts/notice.tsx';
import { ErrorNote } from '../parts/states.tsx';
import type { FieldsProps } from './canvas-fields.tsx';
import { requestOf } from './design.ts';
import { faultText } from './fault-text.ts';
import { requestFaults } from './faults.ts';
import { openText, type Opened } from './opening.ts';

/** The design in the words of the API, and the way back. */
export function JsonPanel({ design, onChange }: FieldsProps) {
  const { t } = useLanguage();
  const tell = useNotice();
  const area = useRef<HTMLTextAreaElement>(null);
  const [isOpening, setOpening] = useState(false);
  const request = requestOf(design);
  const isRefused = requestFaults(request).length > 0;
  const copy = async (): Promise<void> => {
    if (isRefused) {
      tell({ theme: 'error', text: t('layout.cannotCopy') });
      return;
    }
    const isCopied = await copied(area.current!);
    tell({ theme: isCopied ? 'success' : 'error', text: t(isCopied ? 'layout.copied' : 'layout.notCopied') });
  };
  return (
    <section aria-label={t('layout.json')}>
      <div className="page-title">
        <h2>{t('layout.json')}</h2>
        <span className="buttons">
          <Button theme="primary" onClick={() => void copy()}>
            {t('layout.copy')}
          </Button>
          <Button variant="outline" onClick={() => setOpening(true)}>
            {t('layout.open')}
          </Button>
        </span>
      </div>
      <p className="quiet">{t(isRefused ? 'layout.cannotCopy' : 'layout.jsonHint')}</p>
      <textarea
        ref={area}
        className="native json"
        readOnly
        rows={12}
        spellCheck={false}
        aria-label={t('layout.jsonText')}
        value={JSON.stringify(request, null, 2)}
      />
      {isOpening && <OpenDialog design={design} onChange={onChange} onClose={() => setOpening(false)} />}
    </section>
  );
}

/** By the clipboard, which browsers have for secure addresses only; else selected, and as a key would. */
async function copied(area: HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    area.select();
    return document.execCommand('copy');
  }
}

function OpenDialog({ design, onChange, onClose }: FieldsProps & { readonly onClose: () => void }) {
  const { t } = useLanguage();
  const tell = useNotice();
  const [text, setText] = useState('');
  const [refused, setRefused] = useState<Exclude<Opened, { design: unknown }> | undefined>(undefined);
  const open = (): void => {
    const opened = openText(text, design);
    if (!('design' in opened)) {
      setRefused(opened);
      return;
    }
    onChange(opened.design);
    tell({ theme: 'success', text: t('layout.opened') });
    onClose();
  };
  return (
    <Dialog title={t('layout.open')} onClose={onClose} isWide>
      <div className="opening">
        <label className="field">
          <span>{t('layout.openHint')}</span>
          <textarea
            className="native json"
            rows={12}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {refused && (
          <ErrorNote
            text={
              'refusal' in refused
                ? t(`layout.refused.${refused.refusal}`)
                : t('layout.refused.fault', { fault: faultText(refused.fault, t) })
            }
          />
        )}
        <Button theme="primary" onClick={open}>
          {t('layout.openDo')}
        </Button>
      </div>
    </Dialog>
  );
}
