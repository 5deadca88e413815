import { Button } from 'tdesign-react/es/button';
import { useLanguage } from '../language.tsx';

interface PagerProps {
  /** From 1. */
  readonly page: number;
  readonly hasNext: boolean;
  readonly onPrevious: () => void;
  readonly onNext: () => void;
}

/** Ways to the pages before and behind; nothing where there is one page. */
export function Pager({ page, hasNext, onPrevious, onNext }: PagerProps) {
  const { t } = useLanguage();
  if (page === 1 && !hasNext) return null;
  return (
    <div className="pager">
      <Button variant="outline" disabled={page === 1} onClick={onPrevious}>
        {t('common.previous')}
      </Button>
      <span aria-live="polite">{t('common.page', { n: page })}</span>
      <Button variant="outline" disabled={!hasNext} onClick={onNext}>
        {t('common.next')}
      </Button>
    </div>
  );
}

interface CursorPagerProps<Cursor> {
  /** Where each page up to this one begins; the first one at none. */
  readonly cursors: readonly (Cursor | undefined)[];
  /** Where the one behind begins; null where this is the last. */
  readonly next: Cursor | null;
  readonly onTurn: (cursors: readonly (Cursor | undefined)[]) => void;
}

/** The same for a list that tells where its next page begins. */
export function CursorPager<Cursor>({ cursors, next, onTurn }: CursorPagerProps<Cursor>) {
  return (
    <Pager
      page={cursors.length}
      hasNext={next !== null}
      onPrevious={() => onTurn(cursors.slice(0, -1))}
      onNext={() => onTurn([...cursors, next ?? undefined])}
    />
  );
}
