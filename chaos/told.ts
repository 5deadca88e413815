import { messageId } from '../src/callbacks/message.ts';
import type { ReceivedCallback } from '../test/kit/callback-receiver.ts';

/** What the callbacks of one task did, judged as their receiver sees them. */
export interface Told {
  /** Event types in order of their first delivery. */
  readonly types: readonly number[];
  /** Deliveries of a message that had been taken before. */
  readonly duplicates: number;
  /** Takeovers (306). */
  readonly takeovers: number;
  /** What breaks the promises of callbacks, in words; empty when all is well. */
  readonly faults: readonly string[];
}

const END_OF_VOD = 312;
const END_OF_UPLOAD = 305;
const FILE_EVENTS = [311];

/** Judges what a receiver got of a task that has ended. */
export function judgeCallbacks(received: readonly ReceivedCallback[], taskId: string): Told {
  const own = received.filter(({ event }) => event?.EventInfo.TaskId === taskId);
  const taken = own.filter(({ status }) => status >= 200 && status < 300);
  const firsts = firstDeliveries(taken);
  const types = firsts.map(({ event }) => event!.EventType);
  const faults = [
    ...own.flatMap(({ signed }) => (signed === false ? ['a callback whose Sign does not fit'] : [])),
    ...orderFaults(firsts, taskId),
    ...sameBytesFaults(own),
    ...endFaults(firsts),
    ...fileFaults(firsts),
  ];
  if (types[0] !== 301) faults.push(`the first event is ${types[0] ?? 'none'}, not 301`);
  return {
    types,
    duplicates: taken.length - firsts.length,
    takeovers: types.filter((type) => type === 306).length,
    faults,
  };
}

const idOf = ({ headers }: ReceivedCallback): string => headers['webhook-id'] ?? '';

function firstDeliveries(own: readonly ReceivedCallback[]): ReceivedCallback[] {
  const ids = new Set<string>();
  return own.filter((one) => !ids.has(idOf(one)) && ids.add(idOf(one)));
}

/** The id of a message is made of its stream, its place there and its time: the first delivery is of the first, and so on. */
function orderFaults(firsts: readonly ReceivedCallback[], taskId: string): string[] {
  const places = Array.from({ length: firsts.length * 2 + 10 }, (_, seq) => seq);
  const placeOf = (one: ReceivedCallback): number | undefined =>
    places.find((seq) => messageId(taskId, seq, one.event!.EventInfo.EventMsTs) === idOf(one));
  const sequence = firsts.map(placeOf);
  if (sequence.some((seq) => seq === undefined)) return ['a message whose webhook-id is not of its task'];
  const known = sequence as number[];
  const faults: string[] = [];
  for (const [index, seq] of known.entries()) {
    if (index > 0 && seq < known[index - 1]!) faults.push(`event ${firsts[index]!.event!.EventType} came late`);
    else if (index > 0 && seq > known[index - 1]! + 1)
      faults.push(`a message before ${firsts[index]!.event!.EventType} is missing`);
  }
  return faults;
}

/** A message that is sent again has the same bytes. */
function sameBytesFaults(own: readonly ReceivedCallback[]): string[] {
  const bodies = new Map<string, Buffer>();
  const faults: string[] = [];
  for (const one of own) {
    const before = bodies.get(idOf(one));
    if (before && !before.equals(one.body))
      faults.push(`event ${one.event!.EventType} was sent again with other bytes`);
    bodies.set(idOf(one), one.body);
  }
  return faults;
}

const statusOf = ({ event }: ReceivedCallback): unknown => event!.EventInfo.Payload['Status'];

/** One 312, or one 305 that is final: one with Status 1 may be followed by one that says that it has healed. */
function endFaults(firsts: readonly ReceivedCallback[]): string[] {
  const ofVod = firsts.filter(({ event }) => event!.EventType === END_OF_VOD);
  const ofUpload = firsts.filter(({ event }) => event!.EventType === END_OF_UPLOAD);
  const finals = ofUpload.filter(
    (one, index) => statusOf(one) === 0 || statusOf(one) === 2 || index === ofUpload.length - 1,
  );
  const count = ofVod.length + finals.length;
  return count === 1 ? [] : [`${count} terminal events`];
}

/** One final event of each file: any number that say that it is stuck, then one that says that it is there. */
function fileFaults(firsts: readonly ReceivedCallback[]): string[] {
  const files = new Map<string, unknown[]>();
  for (const one of firsts) {
    if (!FILE_EVENTS.includes(one.event!.EventType)) continue;
    const { CacheFile } = one.event!.EventInfo.Payload['TencentVod'] as { CacheFile: string };
    files.set(CacheFile, [...(files.get(CacheFile) ?? []), statusOf(one)]);
  }
  return [...files].flatMap(([name, statuses]) =>
    statuses.slice(0, -1).some((status) => status === 0) ? [`${name} was announced as there more than once`] : [],
  );
}
