/**
 * How much one machine of two cores records at once, by whole processes of the product: 100 single recordings of 720p at
 * 1.5 Mb/s with Opus, and eight mixes of nine cameras of 360p15. Pictures lost are those sent against those in the files.
 *
 * Publishers cost CPU that is not the product's: with them on the same two cores nothing is left to see what it could carry.
 * So it is measured in halves, whose shares are added up: the rooms role with real publishers (WebRTC), its packets taken
 * and counted; and server and recorders with a stand-in for rooms and publishers that costs no ICE, DTLS and SRTP. With
 * `--whole` everything runs at once.
 *
 * node bench/capacity.ts [--quick] [--whole] [singles | mixes]
 */
import { lastSlices } from './capacity/camera-file.ts';
import { comparePace, compareSent, together, type Found } from './capacity/compare-pictures.ts';
import { reportRun, type Halves } from './capacity/report-run.ts';
import { publisherOf, runCapacity, type RunOutcome, type RunPlan } from './capacity/run.ts';
import { hd, sd } from './mixed/mix-case.ts';

const quick = process.argv.includes('--quick');
/** What a quick run asks for leaves room for the publishers. */
const whole = quick || process.argv.includes('--whole');

interface Kind {
  readonly plan: Omit<RunPlan, 'part'>;
  /** What the steps count: streams, or mixes of so many publishers. */
  readonly per: number;
  readonly what: string;
  readonly said: string;
  readonly compare: (outcome: RunOutcome) => Found;
}

const times = quick ? { stepMs: 3000, fullMs: 5000 } : { stepMs: 5000, fullMs: 20_000 };

/** Looks for every picture of every publisher. */
function singlesFound({ camera, files, sent }: RunOutcome): Found {
  const slices = lastSlices(camera);
  const own = sent.pictures.map((_, i) => files.filter((file) => publisherOf(file) === i));
  return together(own.map((of, i) => compareSent(of, slices, sent.pictures[i]!)));
}

/** Looks whether each mix has as many pictures as its time is long. */
const mixesFound = ({ files }: RunOutcome): Found => together(files.map((file) => comparePace(file, sd.fps)));

function singles(): Kind {
  const steps = quick ? [1, 24] : [1, 10, 25, 50, 100];
  const rooms = Math.ceil(steps.at(-1)! / 4);
  return {
    plan: { mode: 'single', source: hd, roomSize: 4, talkers: 4, rooms, steps, ...times },
    per: 1,
    what: 'singles',
    said: 'single recordings of 720p25 with Opus in rooms of four, of whom one talks',
    compare: singlesFound,
  };
}

/** Sound that is heard costs most of a single recording: this is the most that a hundred can cost. */
function talkingSingles(): Kind {
  const kind = singles();
  return {
    ...kind,
    plan: { ...kind.plan, talkers: 1, steps: [kind.plan.steps.at(-1)!] },
    what: 'singles that all talk',
    said: 'single recordings of 720p25 with Opus, all of them talking',
  };
}

function mixes(): Kind {
  const steps = quick ? [1, 2] : [1, 2, 4, 8];
  return {
    plan: {
      mode: 'mixed',
      source: sd,
      roomSize: 9,
      talkers: 3,
      rooms: steps.at(-1)!,
      steps: steps.map((n) => 9 * n),
      ...times,
    },
    per: 9,
    what: 'mixes of nine',
    said: 'mixes of nine cameras of 360p15, three of them talking, to 1280×720 at 2 Mb/s',
    compare: mixesFound,
  };
}

async function runHalves({ plan, compare }: Kind): Promise<Halves> {
  const recorded = (outcome: RunOutcome): { outcome: RunOutcome; found: Found } => ({
    outcome,
    found: compare(outcome),
  });
  if (whole) {
    const all = await runCapacity({ ...plan, part: 'whole' }, recorded);
    return { rooms: all.outcome, recorders: all.outcome, found: all.found };
  }
  const rooms = await runCapacity({ ...plan, part: 'rooms' }, (outcome) => outcome);
  const { outcome, found } = await runCapacity({ ...plan, part: 'recorders' }, recorded);
  return { rooms, recorders: outcome, found };
}

async function measure(kind: Kind): Promise<void> {
  const { steps } = kind.plan;
  console.log(`${steps.at(-1)! / kind.per} ${kind.said}; ${whole ? 'everything at once' : 'in halves'}:`);
  reportRun(kind.what, kind.per, await runHalves(kind));
}

if (!process.argv.includes('mixes')) {
  await measure(singles());
  if (!quick) await measure(talkingSingles());
}
if (!process.argv.includes('singles')) await measure(mixes());
