import { readFileSync, globSync } from 'node:fs';

/** Fails when an export of src/ lacks a doc comment, or a source file outgrows its room. Run by `npm run check`. */

const EXPORT = /^export (?:abstract |async |declare )*(?:function|class|interface|type|const|let)\s+(\w+)/;
const MAX_LINES = 400;

function undocumented(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    const name = EXPORT.exec(line)?.[1];
    const documented = lines[i - 1]?.trimEnd().endsWith('*/');
    return name && !documented ? [`${path}:${i + 1}: export ${name} has no doc comment`] : [];
  });
}

function tooLong(path: string): string[] {
  const count = readFileSync(path, 'utf8').split('\n').length;
  return count > MAX_LINES ? [`${path}: ${count} lines; split it by duty (at most ${MAX_LINES})`] : [];
}

const files = globSync('src/**/*.ts');
const faults = files.flatMap((path) => [...undocumented(path), ...tooLong(path)]);
for (const fault of faults) console.error(fault);
console.log(`docs: ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
