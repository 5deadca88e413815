import { layoutParamsSchema } from '../../src/api/recording/layout-params.ts';
import { apiVideo, requestOf, type Design, type VideoParams } from './design.ts';
import { layoutFaults, requestFaults, transcodeFaults, type Fault } from './faults.ts';

/** What became of a text: a design, or why there is none. */
export type Opened =
  | { readonly design: Design }
  | { readonly refusal: 'not-json' | 'no-layout' }
  | { readonly fault: Fault };

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;

const notJson = Symbol('not JSON');

/** The API's own clients leave `null` members out. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_name, value: unknown) => (value === null ? undefined : value)) as unknown;
  } catch {
    return notJson;
  }
}

/**
 * Opens a MixLayoutParams, or a request that has one, in a design. The size stays where the text has none, but a whole
 * CreateCloudRecording without one means the API's own.
 */
export function openText(text: string, before: Design): Opened {
  const value = parse(text);
  if (value === notJson) return { refusal: 'not-json' };
  const whole = membersOf(value) ?? {};
  const params = 'MixLayoutMode' in whole ? whole : membersOf(whole['MixLayoutParams']);
  if (!params) return { refusal: 'no-layout' };
  const transcode = membersOf(whole['MixTranscodeParams']) ?? {};
  const [fault] = [...layoutFaults(params), ...transcodeFaults(transcode)];
  if (fault) return { fault };
  const layout = layoutParamsSchema.parse(params);
  const unsaid = 'RecordParams' in whole ? apiVideo : before.video;
  const video = (transcode['VideoParams'] as VideoParams | undefined) ?? unsaid;
  const cells = layout.MixLayoutMode === 4 ? (layout.MixLayoutList ?? []).length : 0;
  const count = cells > 0 ? cells : before.scene.count;
  return { design: { video, layout, scene: { ...before.scene, count, bigAway: false } } };
}

const storageKey = 'roomtape-layout';

/** Keeps a design in the browser; one that the API would refuse is not kept. */
export function keepDesign(design: Design): void {
  if (requestFaults(requestOf(design)).length === 0) localStorage.setItem(storageKey, JSON.stringify(design));
}

/** The design that was kept, or undefined. */
export function keptDesign(first: Design): Design | undefined {
  const whole = membersOf(parse(localStorage.getItem(storageKey) ?? '')) ?? {};
  const opened = openText(
    JSON.stringify({ MixLayoutParams: whole['layout'], MixTranscodeParams: { VideoParams: whole['video'] } }),
    first,
  );
  if (!('design' in opened)) return undefined;
  const { count, heard, bigAway } = membersOf(whole['scene']) ?? {};
  const isNumber = (n: unknown, least: number): n is number =>
    Number.isInteger(n) && (n as number) >= least && (n as number) <= 25;
  const { scene } = opened.design;
  return {
    ...opened.design,
    scene: {
      count: isNumber(count, 1) ? count : scene.count,
      heard: isNumber(heard, 0) ? heard : 0,
      bigAway: bigAway === true,
    },
  };
}
