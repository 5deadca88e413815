interface PickerProps {
  readonly names: readonly string[];
  /** Index; -1 for none. */
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}

/** One of several, by their numbers. */
export function Picker({ names, chosen, onChoose }: PickerProps) {
  if (names.length === 0) return null;
  return (
    <span className="picker whole">
      {names.map((name, i) => (
        <button key={name} type="button" aria-label={name} aria-pressed={i === chosen} onClick={() => onChoose(i)}>
          {i + 1}
        </button>
      ))}
    </span>
  );
}
