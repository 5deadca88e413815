import { writeFileSync } from 'node:fs';
import type { Row, Scenario } from './scenario.ts';
import { markdownTable, remarks } from './table.ts';

const page = new URL('../docs/chaos.md', import.meta.url);

const intro = `# Chaos

What becomes of recordings when things die, hang, fill up or refuse. \`npm run chaos -- --write\` plays everything below (about half an hour) and makes this page; \`--quick\` plays a few blows of each; a scenario's name plays that one alone (\`npm run chaos -- recorder-kill --kills 20\`). \`--seed\` repeats a run's random times. It fails when a promise is broken.

Real processes record synthetic cameras, each recorder's work single and mixed. What is lost is read off the finished files: every picture of a camera shows its time, every decoded picture of a file is read, and the times that no picture shows are missing, whatever the file says of its own time. A file plays when it can be fetched by its address and all of its pictures and sound decode. Callbacks are judged by their receiver: signed, in order by \`webhook-id\`, none left out, the same bytes when one is sent again, one terminal event of each task.
`;

const columns = `**lost**: seconds of media lost by one blow, the worst and the median of so many (**of**), and what **may be**. **306**: takeovers that were told. **repeated**: messages that were delivered again after they had been taken.
`;

/** Writes docs/chaos.md. */
export function writeChaosPage(rows: readonly Row[], scenarios: readonly Scenario[], seed: number): void {
  const list = scenarios.map(({ name, does }) => `- \`${name}\`: ${does}.`);
  const told = remarks(rows).map((remark) => `- ${remark}`);
  const parts = [intro, markdownTable(rows), '', columns, ...list, '', `From the run with seed ${seed}:`, '', ...told];
  writeFileSync(page, `${parts.join('\n')}\n`);
}
