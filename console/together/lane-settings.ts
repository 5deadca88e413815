import { useState } from 'react';
import type { Lane } from './lanes.ts';
import { placesOf, type PlaceMode, type PlaceOnStage } from './places.ts';

/** What is set for one stream. */
export interface LaneSetting {
  /** 0 to 1. */
  readonly volume: number;
  readonly isMuted: boolean;
  readonly isSolo: boolean;
  readonly isHidden: boolean;
  /** Undefined where the layout puts it. */
  readonly place: PlaceOnStage | undefined;
}

const first: LaneSetting = { volume: 1, isMuted: false, isSolo: false, isHidden: false, place: undefined };

/** What is set for all streams, and how to change it. */
export interface LaneSettings {
  readonly mode: PlaceMode;
  /** The stream that fills the stage. */
  readonly enlarged: string | undefined;
  readonly of: (lane: Lane) => LaneSetting;
  /** Undefined for one that has no place on the stage. */
  readonly placeOf: (lane: Lane) => PlaceOnStage | undefined;
  readonly isHeard: (lane: Lane) => boolean;
  readonly change: (lane: Lane, change: Partial<LaneSetting>) => void;
  readonly enlarge: (key: string | undefined) => void;
  /** Puts every picture where this layout has it. */
  readonly choose: (mode: PlaceMode) => void;
}

/** Keeps what is set for streams as long as the page is there. */
export function useLaneSettings(lanes: readonly Lane[]): LaneSettings {
  const [settings, setSettings] = useState<Readonly<Record<string, LaneSetting>>>({});
  const [mode, setMode] = useState<PlaceMode>('grid');
  const [enlarged, enlarge] = useState<string | undefined>(undefined);
  const of = ({ key }: Lane): LaneSetting => settings[key] ?? first;
  const shown = lanes.filter((lane) => !of(lane).isHidden);
  const places = placesOf(mode, shown);
  const hasSolo = lanes.some((lane) => of(lane).isSolo);
  return {
    mode,
    enlarged,
    of,
    placeOf: (lane) => of(lane).place ?? places.get(lane.key),
    isHeard: (lane) => !of(lane).isMuted && (!hasSolo || of(lane).isSolo),
    change: (lane, change) =>
      setSettings((before) => ({ ...before, [lane.key]: { ...(before[lane.key] ?? first), ...change } })),
    enlarge,
    choose: (next) => {
      setMode(next);
      enlarge(undefined);
      setSettings((before) =>
        Object.fromEntries(Object.entries(before).map(([key, one]) => [key, { ...one, place: undefined }])),
      );
    },
  };
}
