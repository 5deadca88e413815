import { useState, type ReactNode } from 'react';

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}

/** A whole number. What is no number yet stays in the field and changes nothing. */
function NumberInput({ value, min, max, step, onChange, label }: Omit<NumberFieldProps, 'label'> & { label?: string }) {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const type = (text: string): void => {
    setDraft(text);
    if (/^-?\d{1,15}$/.test(text)) onChange(Number(text));
  };
  return (
    <input
      className="native"
      type="number"
      inputMode="numeric"
      aria-label={label}
      min={min}
      max={max}
      step={step}
      value={draft ?? value}
      aria-invalid={value < min || value > max}
      onChange={(event) => type(event.target.value)}
      onBlur={() => setDraft(undefined)}
    />
  );
}

/** A whole number with its label. */
export const NumberField = ({ label, ...input }: NumberFieldProps) => (
  <label className="field">
    <span>{label}</span>
    <NumberInput {...input} />
  </label>
);

/** A whole number by a slider, and beside it in figures; it never leaves its bounds. */
export function SliderField({ label, onChange, ...input }: NumberFieldProps) {
  const { value, min, max } = input;
  const change = (next: number): void => {
    if (next >= min && next <= max) onChange(next);
  };
  return (
    <div className="slider">
      <label className="field">
        <span>{label}</span>
        <input
          type="range"
          min={min}
          max={max}
          value={value}
          onChange={(event) => change(Number(event.target.value))}
        />
      </label>
      <NumberInput {...input} label={label} onChange={change} />
    </div>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** Yes or no, with its label. */
export function CheckField({ label, isOn, onChange }: CheckFieldProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface ColourFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A colour of the wire, `#RRGGBB` or `0xRRGGBB`, by the browser's picker, and beside it in figures. */
export function ColourField({ label, value, onChange }: ColourFieldProps) {
  const shown = value.replace(/^0x/i, '#');
  return (
    <div className="colour">
      <label className="field">
        <span>{label}</span>
        <input className="native" value={value} onChange={(event) => onChange(event.target.value)} />
      </label>
      <input
        type="color"
        aria-label={label}
        value={/^#[0-9a-f]{6}$/i.test(shown) ? shown : '#000000'}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

interface LineFieldProps extends ColourFieldProps {
  /** What the browser offers. */
  readonly names?: readonly string[];
  readonly isLong?: boolean;
}

/** A line of text with its label, in the browser's own field. */
export function LineField({ label, value, onChange, names, isLong }: LineFieldProps) {
  const list = names && `${label}-names`;
  return (
    <label className={isLong ? 'field whole' : 'field'}>
      <span>{label}</span>
      <input
        className="native"
        value={value}
        list={list}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
      {names && (
        <datalist id={list}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** Fields that belong together. */
export function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <div className="design-fields">{children}</div>
    </section>
  );
}
