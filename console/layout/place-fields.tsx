import { useLanguage } from '../language.tsx';
import { NumberField } from './inputs.tsx';

/** A rectangle as the wire has it. */
interface Place {
  readonly Left: number;
  readonly Top: number;
  readonly Width: number;
  readonly Height: number;
}

interface PlaceFieldsProps {
  readonly place: Place;
  /** Largest number that the wire takes here. */
  readonly most: number;
  readonly onChange: (change: Partial<Place>) => void;
}

const sides = ['Left', 'Top', 'Width', 'Height'] as const;

/** The four numbers of a rectangle; keys go by two pixels, as the compositor draws. */
export function PlaceFields({ place, most, onChange }: PlaceFieldsProps) {
  const { t } = useLanguage();
  return sides.map((side) => (
    <NumberField
      key={side}
      label={t(`layout.side.${side}`)}
      value={place[side]}
      min={0}
      max={most}
      step={2}
      onChange={(value) => onChange({ [side]: value })}
    />
  ));
}
