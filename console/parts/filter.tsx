import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from 'tdesign-react/es/button';
import { useLanguage } from '../language.tsx';

/** Values of a filter by their names; empty ones do not count. */
export type FilterValues = Readonly<Record<string, string>>;

interface FilterProps {
  readonly values: FilterValues;
  readonly onSearch: (values: FilterValues) => void;
  /** The fields, over what is typed so far. */
  readonly children: (draft: FilterValues, change: (name: string) => (value: string) => void) => ReactNode;
}

/** A form that narrows a list. */
export function Filter({ values, onSearch, children }: FilterProps) {
  const { t } = useLanguage();
  const [draft, setDraft] = useState(values);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    onSearch(draft);
  };
  const clear = (): void => {
    setDraft({});
    onSearch({});
  };
  return (
    <form className="filter" role="search" onSubmit={onSubmit}>
      {children(draft, (name) => (value) => setDraft({ ...draft, [name]: value }))}
      <span className="buttons">
        <Button type="submit" theme="primary">
          {t('common.search')}
        </Button>
        <Button variant="outline" onClick={clear}>
          {t('common.clear')}
        </Button>
      </span>
    </form>
  );
}

/** Beginning of a day in the browser's zone, and of the day after it, in milliseconds; undefined for no day. */
export function dayBounds(day: string | undefined): { readonly begin: number; readonly end: number } | undefined {
  const [year, month, date] = (day ?? '').split('-').map(Number);
  if (!year || !month || !date) return undefined;
  return { begin: new Date(year, month - 1, date).getTime(), end: new Date(year, month - 1, date + 1).getTime() };
}
