import { useLanguage } from '../language.tsx';
import { ErrorNote } from '../parts/states.tsx';
import { requestOf, type Design } from './design.ts';
import { faultText } from './fault-text.ts';
import { requestFaults } from './faults.ts';

/** What is said of everything at once would not be read. */
const most = 4;

/** What the API would have against a design; nothing where it takes it. */
export function FaultNote({ design }: { readonly design: Design }) {
  const { t } = useLanguage();
  const faults = requestFaults(requestOf(design));
  if (faults.length === 0) return null;
  return (
    <ErrorNote
      text={faults
        .slice(0, most)
        .map((fault) => faultText(fault, t))
        .join(' ')}
    />
  );
}
