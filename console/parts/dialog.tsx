import { useEffect, useId, useRef, type ReactNode } from 'react';
import { Button } from 'tdesign-react/es/button';
import { useLanguage } from '../language.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}

/** A window over the page. The browser's own: it keeps the focus in, gives it back, and Escape closes it. */
export function Dialog({ title, onClose, children, isWide }: DialogProps) {
  const { t } = useLanguage();
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current!;
    if (!dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog ref={element} className={isWide ? 'wide' : undefined} aria-labelledby={id} onClose={onClose}>
      <div className="dialog-title">
        <h2 id={id}>{title}</h2>
        <Button variant="text" onClick={() => element.current?.close()}>
          {t('common.close')}
        </Button>
      </div>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ text, action, onConfirm, onClose }: ConfirmProps) {
  const { t } = useLanguage();
  return (
    <Dialog title={action} onClose={onClose}>
      <p>{text}</p>
      <div className="buttons">
        <Button variant="outline" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button
          theme="danger"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
