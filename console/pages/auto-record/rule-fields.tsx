import { useId, type ReactNode } from 'react';
import type { RequestFault } from '../../../src/admin/problem.ts';
import { useLanguage, type TextKey } from '../../language.tsx';
import { hasSecret, isSecret, type Draft } from './draft.ts';

/** What the fields of the form share. */
export interface FormState {
  readonly draft: Draft;
  readonly faults: readonly RequestFault[];
  readonly isLocked: boolean;
  readonly change: (path: string, value: string) => void;
}

interface FieldProps {
  readonly form: FormState;
  /** Key of the rule. */
  readonly path: string;
  readonly name: TextKey;
  readonly hint?: string;
}

interface FrameProps extends FieldProps {
  readonly children: (ids: {
    readonly id: string;
    readonly 'aria-invalid'?: true;
    readonly 'aria-describedby': string;
  }) => ReactNode;
}

/** A label, what it is about, and what the server does not accept. */
function Frame({ form, path, name, hint, children }: FrameProps) {
  const { t } = useLanguage();
  const id = useId();
  const fault = form.faults.find(({ at }) => at === path || at.startsWith(`${path}.`));
  return (
    <div className="field">
      <label htmlFor={`${id}f`}>{t(name)}</label>
      {children({ id: `${id}f`, 'aria-describedby': id, ...(fault && { 'aria-invalid': true }) })}
      <span id={id} className={fault ? 'rule-fault' : 'quiet'}>
        {fault ? t('rule.unfit', { reason: hint ?? fault.message }) : hint}
      </span>
    </div>
  );
}

/** A line of text or a number. A secret is never shown again: empty leaves it as it is. */
export function RuleText({ form, path, name, hint, isNumber }: FieldProps & { readonly isNumber?: boolean }) {
  const { t } = useLanguage();
  const kept = hasSecret(form.draft, path);
  return (
    <Frame form={form} path={path} name={name} hint={kept ? t('rule.secretKept') : hint}>
      {(ids) => (
        <input
          className="native"
          {...ids}
          type={isSecret(path) ? 'password' : 'text'}
          autoComplete={isSecret(path) ? 'new-password' : 'off'}
          inputMode={isNumber ? 'numeric' : undefined}
          disabled={form.isLocked}
          value={kept ? '' : (form.draft[path] ?? '')}
          onChange={(event) => form.change(path, event.target.value)}
        />
      )}
    </Frame>
  );
}

interface ChoiceProps extends FieldProps {
  readonly options: readonly { readonly value: string; readonly text: string }[];
}

/** One of a few. */
export function RuleChoice({ form, path, name, hint, options }: ChoiceProps) {
  return (
    <Frame form={form} path={path} name={name} hint={hint}>
      {(ids) => (
        <select
          className="native"
          {...ids}
          disabled={form.isLocked}
          value={form.draft[path] ?? ''}
          onChange={(event) => form.change(path, event.target.value)}
        >
          {options.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

/** A colour. */
export function RuleColour({ form, path, name }: FieldProps) {
  return (
    <Frame form={form} path={path} name={name}>
      {(ids) => (
        <input
          className="native"
          {...ids}
          type="color"
          disabled={form.isLocked}
          value={form.draft[path] ?? '#000000'}
          onChange={(event) => form.change(path, event.target.value)}
        />
      )}
    </Frame>
  );
}

/** Switches a way of recording on. */
export function RuleSwitch({ form, path, name }: FieldProps) {
  const { t } = useLanguage();
  return (
    <label className="line rule-switch">
      <input
        type="checkbox"
        checked={form.draft[path] === 'true'}
        disabled={form.isLocked}
        onChange={(event) => form.change(path, String(event.target.checked))}
      />
      <span>{t(name)}</span>
    </label>
  );
}
