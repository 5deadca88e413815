import { useId, type ReactNode } from 'react';
import { useLanguage } from '../language.tsx';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly isWrong?: boolean;
}

interface LineProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A label, the field under it, its rule, and that what stands in it does not fit. */
function Field({
  label,
  hint,
  isWrong,
  children,
}: FieldProps & { readonly children: (id: string, by: string | undefined) => ReactNode }) {
  const { t } = useLanguage();
  const id = useId();
  const hasRule = hint !== undefined || isWrong === true;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, hasRule ? `${id}-rule` : undefined)}
      {hasRule && (
        <span id={`${id}-rule`}>
          {isWrong && <span className="wrong">{t('apps.wrong')} </span>}
          <span className="quiet">{hint}</span>
        </span>
      )}
    </div>
  );
}

/** A line of text. */
export function LineField({
  value,
  onChange,
  type = 'text',
  ...field
}: LineProps & { readonly type?: 'text' | 'url' | 'password' }) {
  return (
    <Field {...field}>
      {(id, by) => (
        <input
          id={id}
          className="native"
          type={type}
          autoComplete="off"
          spellCheck={false}
          value={value}
          aria-invalid={field.isWrong === true}
          aria-describedby={by}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** A number, as text: empty for none. */
export function NumberField({ value, onChange, ...field }: LineProps) {
  return (
    <Field {...field}>
      {(id, by) => (
        <input
          id={id}
          className="native"
          inputMode="decimal"
          autoComplete="off"
          value={value}
          aria-invalid={field.isWrong === true}
          aria-describedby={by}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** One of a few. */
export function PickField({
  value,
  onChange,
  options,
  ...field
}: LineProps & { readonly options: readonly { readonly value: string; readonly text: string }[] }) {
  return (
    <Field {...field}>
      {(id, by) => (
        <select
          id={id}
          className="native"
          value={value}
          aria-describedby={by}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

/** Yes or no. */
export function CheckField({ label, value, onChange, hint }: CheckProps) {
  const id = useId();
  const by = hint === undefined ? undefined : `${id}-rule`;
  return (
    <div className="field">
      <span className="check">
        <input
          id={id}
          type="checkbox"
          checked={value}
          aria-describedby={by}
          onChange={(event) => onChange(event.target.checked)}
        />
        <label htmlFor={id}>{label}</label>
      </span>
      {hint !== undefined && (
        <span id={by} className="quiet">
          {hint}
        </span>
      )}
    </div>
  );
}

/** What a field's text says as a number; text that is none stays text, which the server refuses at that field. */
export const numberOf = (text: string): number | string | undefined => {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const number = Number(trimmed);
  return Number.isNaN(number) ? trimmed : number;
};

/** A value's text for a field. */
export const textOf = (value: number | string | null | undefined): string => String(value ?? '');

/** Text of a field where it is there. */
export const givenText = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim());
