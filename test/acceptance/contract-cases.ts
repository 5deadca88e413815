/**
 * The acceptance cases of the wire contract (§9), and what keeps some of them from being run against a whole server.
 * `npm run acceptance` prints the list.
 */

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);

/** Every case by its number. */
export const contractCases: readonly string[] = [
  ...numbered('T', 30),
  ...numbered('C', 49),
  ...numbered('Q', 17),
  ...numbered('E', 24),
  ...numbered('F', 10),
  ...numbered('L', 20),
  ...numbered('S', 4),
  ...numbered('V', 7),
];

/** Cases that need what a whole server cannot be given; they run in this process, in the file named. */
export const inProcess: Readonly<Record<string, string>> = {
  T7: 'needs a clock that stands in November 2023: test/api/transport.test.ts',
  Q14: 'takes six hours: test/tasks/modify.test.ts',
  E3: 'signs given bytes: test/callbacks/message.test.ts',
  S1: 'needs a clock at a given second: test/usersig/usersig.test.ts',
};

/** Cases of which a part cannot be run here, and what stands in its place. */
export const inPart: Readonly<Record<string, string>> = {
  T4: 'the Python SDK cannot be had here; its requests are built by hand from its source (test/api/foreign-sdks.ts)',
  T5: 'the Go SDK cannot be had here; its requests are built by hand from its source (test/api/foreign-sdks.ts)',
  T24: 'the Python SDK cannot be had here; what it asks of an error reply is checked: status 200, exactly application/json',
  Q17: 'the Go SDK cannot be had here; BeginTimeStamp is checked to be a JSON number',
};
