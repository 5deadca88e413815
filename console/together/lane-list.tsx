import { Button } from 'tdesign-react/es/button';
import { useLanguage } from '../language.tsx';
import type { LaneSettings } from './lane-settings.ts';
import type { Lane } from './lanes.ts';

interface LaneListProps {
  readonly lanes: readonly Lane[];
  readonly settings: LaneSettings;
  readonly nameOf: (lane: Lane) => string;
}

/** How loud each stream is, and whether it is seen. */
export function LaneList({ lanes, settings, nameOf }: LaneListProps) {
  const { t } = useLanguage();
  return (
    <ul className="plain together-lanes" aria-label={t('together.streams')}>
      {lanes.map((lane) => (
        <LaneRow key={lane.key} lane={lane} name={nameOf(lane)} settings={settings} />
      ))}
    </ul>
  );
}

function LaneRow({ lane, name, settings }: Pick<LaneListProps, 'settings'> & { lane: Lane; name: string }) {
  const { t } = useLanguage();
  const { volume, isMuted, isSolo, isHidden } = settings.of(lane);
  const isEnlarged = settings.enlarged === lane.key;
  const toggles = [
    { text: 'together.mute', isOn: isMuted, press: () => settings.change(lane, { isMuted: !isMuted }) },
    { text: 'together.solo', isOn: isSolo, press: () => settings.change(lane, { isSolo: !isSolo }) },
    { text: 'together.enlarge', isOn: isEnlarged, press: () => settings.enlarge(isEnlarged ? undefined : lane.key) },
    { text: 'together.hide', isOn: isHidden, press: () => settings.change(lane, { isHidden: !isHidden }) },
  ] as const;
  return (
    <li>
      <span className="together-name">{name}</span>
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={Math.round(volume * 100)}
        aria-label={t('together.volume', { name })}
        aria-valuetext={`${Math.round(volume * 100)} %`}
        onChange={(event) => settings.change(lane, { volume: Number(event.target.value) / 100 })}
      />
      <span className="buttons">
        {toggles.map(({ text, isOn, press }) => (
          <Button
            key={text}
            size="small"
            variant={isOn ? 'base' : 'outline'}
            theme={isOn ? 'primary' : 'default'}
            aria-pressed={isOn}
            aria-label={`${t(text)}: ${name}`}
            onClick={press}
          >
            {t(text)}
          </Button>
        ))}
      </span>
    </li>
  );
}
