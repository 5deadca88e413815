import { Input, type InputProps } from 'tdesign-react/es/input';

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: InputProps['type'];
  readonly autocomplete?: string;
  readonly inputmode?: 'numeric';
  readonly hint?: string;
}

/** A line of text with its label. */
export function TextField({ label, value, onChange, type = 'text', autocomplete = 'off', hint }: TextFieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <Input value={value} type={type} placeholder="" autocomplete={autocomplete} onChange={(next) => onChange(next)} />
      {hint && <span className="quiet">{hint}</span>}
    </label>
  );
}

/** A day with its label, as `YYYY-MM-DD` or empty. */
export function DayField({ label, value, onChange }: Pick<TextFieldProps, 'label' | 'value' | 'onChange'>) {
  return (
    <label className="field">
      <span>{label}</span>
      <input className="native" type="date" value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

interface ChoiceFieldProps extends Pick<TextFieldProps, 'label' | 'value' | 'onChange'> {
  readonly options: readonly { readonly value: string; readonly text: string }[];
}

/** One of a few, with its label. */
export function ChoiceField({ label, value, onChange, options }: ChoiceFieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select className="native" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}
