import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from 'tdesign-react/es/button';
import { ApiError, ask } from '../api.ts';
import { errorText } from '../asking.ts';
import { useLanguage } from '../language.tsx';
import { useIsOperator } from '../session.tsx';
import { ErrorNote } from './states.tsx';

/** A form's way to the admin API: what was refused is known by the names of its values. */
export interface Setting {
  readonly isBusy: boolean;
  /** What to say of the last refusal; undefined when there was none. */
  readonly fault: string | undefined;
  /** The last refusal was a conflict with what there is (409). */
  readonly isTaken: boolean;
  readonly isWrong: (name: string) => boolean;
  readonly send: (body: unknown) => void;
}

/** Sends a form; `onDone` gets the answer, whose form the caller knows as with `ask`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function useSetting<Answer>(
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  onDone: (answer: Answer) => void,
): Setting {
  const { t } = useLanguage();
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const send = async (body: unknown): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      onDone(await ask<Answer>(path, { method, body }));
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  };
  const at = error instanceof ApiError ? error.errors.map((one) => one.at) : [];
  return {
    isBusy,
    fault: error === undefined ? undefined : errorText(error, t),
    isTaken: error instanceof ApiError && error.status === 409,
    isWrong: (name) => at.some((one) => one === name || one.startsWith(`${name}.`)),
    send: (body) => void send(body),
  };
}

interface SettingFormProps {
  readonly title: string;
  readonly setting: Setting;
  readonly onSubmit: () => void;
  /** What else can be done. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** What is shown below the buttons. */
  readonly below?: ReactNode;
  /** What to say instead when the server finds a conflict. */
  readonly conflict?: string;
}

/** A section of settings with its fields; a viewer sees them and cannot change them. */
export function SettingForm(props: SettingFormProps) {
  const { title, setting, onSubmit, actions, children, below, conflict } = props;
  const { t } = useLanguage();
  const isOperator = useIsOperator();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  const fault = setting.isTaken && conflict !== undefined ? conflict : setting.fault;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <form onSubmit={submit} noValidate>
        <fieldset className="setting" disabled={!isOperator}>
          <legend className="unseen">{title}</legend>
          {children}
        </fieldset>
        {fault !== undefined && <ErrorNote text={fault} />}
        {isOperator && (
          <div className="buttons">
            <Button type="submit" theme="primary" disabled={setting.isBusy}>
              {t('common.save')}
            </Button>
            {actions}
          </div>
        )}
      </form>
      {below}
    </section>
  );
}
