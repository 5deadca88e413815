import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';
import { Alert } from 'tdesign-react/es/alert';

/** Something that went well or did not, said once. */
interface Notice {
  readonly theme: 'success' | 'error';
  readonly text: string;
}

const shownMs = 6000;
const NoticeContext = createContext<(notice: Notice) => void>(() => undefined);

/** Shows notices over the page; who cannot see them is told as well. */
export function NoticeProvider({ children }: { readonly children: ReactNode }) {
  const [notice, setNotice] = useState<Notice | undefined>(undefined);
  const timer = useRef(0);
  const show = useCallback((next: Notice) => {
    setNotice(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setNotice(undefined), shownMs);
  }, []);
  return (
    <NoticeContext.Provider value={show}>
      {children}
      <div className="notice" role="status">
        {notice && <Alert theme={notice.theme} message={notice.text} />}
      </div>
    </NoticeContext.Provider>
  );
}

/** A way to say something. */
export const useNotice = (): ((notice: Notice) => void) => useContext(NoticeContext);
