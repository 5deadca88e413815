import { z } from 'zod';
import { isTaskId } from '../evidence/evidence-room.ts';
import type { Verification, VerifySubject } from '../evidence/verify-desk.ts';
import { ms, taskId } from './fields.ts';
import { AdminProblem } from './problem.ts';
import { defineRoute, type AdminRoute } from './route.ts';

const fileId = z.string().min(1).max(64).optional().describe('One file of the task; all of it by default.');

const verification = z
  .object({
    state: z.enum(['none', 'waiting', 'running', 'done', 'failed']).describe('none: it was not asked for.'),
    progress: z
      .object({ doneBytes: z.int(), totalBytes: z.int(), name: z.string().describe('The file that is read.') })
      .nullable(),
    verdict: z
      .object({
        result: z.enum(['ok', 'tampered', 'unknown']).describe('unknown: it cannot be checked.'),
        checked: z.array(z.string()),
        faults: z.array(
          z.object({
            kind: z.string(),
            file: z.string().describe('Its name, without its folder.'),
            fromS: z.number().nullable().describe('Span in seconds of the recording as it was made.'),
            toS: z.number().nullable(),
            text: z.string().describe('In words.'),
          }),
        ),
        notes: z.array(z.string()),
      })
      .nullable(),
    error: z.string().nullable().describe('Why it could not be carried through.'),
    askedMs: ms.nullable(),
    endedMs: ms.nullable(),
  })
  .meta({ id: 'Verification' });

/** A verification in an answer. */
export type VerificationView = z.input<typeof verification>;

// It becomes part of a path.
const params = z.strictObject({ taskId: taskId.refine(isTaskId, 'is no TaskId') });

const begin = defineRoute({
  method: 'POST',
  path: '/tasks/{taskId}/verification',
  summary: 'Verifies a task, or one file of it, against its manifest.',
  description:
    'As `roomtape verify` does, with the key of this installation. One is verified at a time, others wait; asking again while it is under way changes nothing.',
  params,
  body: z.strictObject({ fileId }),
  answer: { status: 202, description: 'It is under way.', schema: verification },
  problems: { 429: 'Too many wait.' },
  async handle({ params: { taskId: id }, body }, { verifications }) {
    const begun = verifications.begin({ taskId: id, fileId: body.fileId });
    if (!begun) throw new AdminProblem(429, 'Too many verifications wait. Try again later.');
    return viewOf(begun);
  },
});

const look = defineRoute({
  method: 'GET',
  path: '/tasks/{taskId}/verification',
  summary: 'Tells how far a verification is, or what the last one came to.',
  description: 'Results are kept until the server ends.',
  params,
  query: z.strictObject({ fileId }),
  answer: { status: 200, description: 'The verification.', schema: verification },
  async handle({ params: { taskId: id }, query }, { verifications }) {
    return viewOf(verifications.of({ taskId: id, fileId: query.fileId } satisfies VerifySubject));
  },
});

function viewOf(known: Verification | undefined): VerificationView {
  const verdict = known?.verdict;
  return {
    state: known?.state ?? 'none',
    progress: known?.progress ?? null,
    verdict: verdict
      ? { ...verdict, checked: [...verdict.checked], notes: [...verdict.notes], faults: verdict.faults.map(faultOf) }
      : null,
    error: known?.error ?? null,
    askedMs: known?.askedMs ?? null,
    endedMs: known?.endedMs ?? null,
  };
}

/** Where the server keeps things is nobody's business outside. */
const faultOf = ({ kind, file, fromS, toS, text }: NonNullable<Verification['verdict']>['faults'][number]) => ({
  kind,
  file: file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1),
  fromS: fromS ?? null,
  toS: toS ?? null,
  text,
});

/** Verification of recordings. */
export const verifyRoutes: readonly AdminRoute[] = [begin, look];
