import type { z } from 'zod';
import type { FieldFault, FieldLimit } from '../../src/api/fields.ts';
import { layoutParamsSchema, misplaced, missingWatermark } from '../../src/api/recording/layout-params.ts';
import { transcodeParamsSchema } from '../../src/api/recording/transcode-params.ts';
import type { Size } from '../../src/layout/rect.ts';
import type { DesignRequest } from './design.ts';

type Path = readonly (string | number)[];

/** Why the API would refuse something. */
export type Fault =
  | { readonly kind: 'unknown' | 'missing' | 'type'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly limit: FieldLimit | undefined }
  | { readonly kind: 'outside'; readonly path: Path; readonly canvas: Size };

/** What the API finds in a MixLayoutParams by itself. */
export function layoutFaults(params: unknown): Fault[] {
  const { success, data, error } = layoutParamsSchema.safeParse(params, { reportInput: true });
  if (!success) return error.issues.flatMap(faultsOfIssue);
  const child = missingWatermark(data);
  return child ? [{ kind: 'missing', path: pathOf(child) }] : [];
}

/** What the API finds in a MixTranscodeParams. */
export function transcodeFaults(params: unknown): Fault[] {
  const { error } = transcodeParamsSchema.safeParse(params, { reportInput: true });
  return error?.issues.flatMap(faultsOfIssue) ?? [];
}

/** Everything that the API has against a design. */
export function requestFaults({ MixLayoutParams, MixTranscodeParams }: DesignRequest): Fault[] {
  const faults = [...transcodeFaults(MixTranscodeParams), ...layoutFaults(MixLayoutParams)];
  if (faults.length > 0) return faults;
  const { Width: width, Height: height } = MixTranscodeParams.VideoParams;
  const path = misplaced(MixLayoutParams, { width, height });
  return path ? [{ kind: 'outside', path: pathOf(path), canvas: { width, height } }] : [];
}

const pathOf = (text: string): Path => text.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));

function faultsOfIssue(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ kind: 'unknown', path: [...path, key] }));
  if (issue.code === 'custom') {
    const fault = issue.params as FieldFault;
    return [fault.fault === 'range' ? { kind: 'range', path, limit: fault.limit } : { kind: fault.fault, path }];
  }
  return [{ kind: issue.code === 'invalid_type' && issue.input === undefined ? 'missing' : 'type', path }];
}
