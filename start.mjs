// Runs a TypeScript entry of this project on the Node that `npm ci` installed (24 LTS), whatever Node started us.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const [entry, ...args] = process.argv.slice(2);
const major = (version) => Number(version.split('.')[0]);

if (major(process.versions.node) >= 24) {
  process.argv.splice(1, 2, join(root, entry));
  await import(pathToFileURL(join(root, entry)).href);
} else {
  runOnPinnedNode();
}

function runOnPinnedNode() {
  const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (!existsSync(pinned)) {
    process.stderr.write(
      `roomtape: needs Node 24 or later and found ${process.versions.node}.\n` +
        'Run `npm ci` first: it brings Node 24 on Linux and Windows. On macOS install Node 24 yourself.\n',
    );
    process.exit(1);
  }
  const child = spawn(pinned, [join(root, entry), ...args], { stdio: 'inherit', shell: process.platform === 'win32' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
