import { createHash, randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A built console. */
export interface ConsoleBundle {
  /** Folder of `index.html` and of what it loads, whose names hold a hash of what is in them. */
  readonly folder: string;
  /** Names of the files there. */
  readonly files: ReadonlySet<string>;
  /** Those that the page needs before it shows anything. */
  readonly initial: readonly string[];
}

const listName = 'bundle.json';

/**
 * The console, built from its sources unless `cache` has just this one already; older ones there are removed. Takes a
 * few seconds and a process of its own; rejects with what the sources have wrong.
 */
export async function bundleConsole(cache: string): Promise<ConsoleBundle> {
  const folder = join(cache, await sourceHash());
  return (await readBundle(folder)) ?? (await writeBundle(cache, folder));
}

/** Of the sources, the server's among them, and of the exact version of everything they are built from. */
async function sourceHash(): Promise<string> {
  const sources = globSync('{console,src}/**/*.{ts,tsx,css}', { cwd: projectRoot }).sort();
  const hash = createHash('sha256').update(await readFile(join(projectRoot, 'package-lock.json')));
  for (const name of sources) hash.update(`\n${name}\n`).update(await readFile(join(projectRoot, name)));
  return hash.digest('hex').slice(0, 20);
}

/** Undefined where there is none, or only a part of one. */
async function readBundle(folder: string): Promise<ConsoleBundle | undefined> {
  try {
    const { files, initial } = JSON.parse(await readFile(join(folder, listName), 'utf8')) as {
      files: string[];
      initial: string[];
    };
    return { folder, files: new Set(files), initial };
  } catch {
    return undefined;
  }
}

async function writeBundle(cache: string, folder: string): Promise<ConsoleBundle> {
  const partial = join(cache, `new-${randomUUID()}`);
  await mkdir(cache, { recursive: true });
  for (const old of await readdir(cache)) await rm(join(cache, old), { recursive: true, force: true });
  const { outputs } = await compile(partial);
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const entry = Object.keys(outputs).find((path) => outputs[path]!.entryPoint === 'console/main.tsx')!;
  const scripts = [entry, ...staticImports(outputs, entry)].map(nameOf);
  const styles = [outputs[entry]!.cssBundle!].map(nameOf);
  const files = [...Object.keys(outputs).map(nameOf), 'index.html'];
  const initial = [...scripts, ...styles];
  await writeFile(join(partial, 'index.html'), pageOf(scripts, styles));
  await writeFile(join(partial, listName), JSON.stringify({ files, initial }));
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return { folder, files: new Set(files), initial };
}

async function compile(outdir: string): Promise<Metafile> {
  const { build, stop } = await import('esbuild');
  try {
    const { metafile } = await build({
      absWorkingDir: projectRoot,
      entryPoints: ['console/main.tsx'],
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      minify: true,
      metafile: true,
      entryNames: '[name]-[hash]',
      chunkNames: 'part-[hash]',
      define: { 'process.env.NODE_ENV': '"production"' },
      logLevel: 'silent',
    });
    return metafile;
  } finally {
    await stop();
  }
}

/** Chunks that come with the entry, without those that are loaded when they are needed. */
function staticImports(outputs: Metafile['outputs'], path: string, seen = new Set<string>()): string[] {
  for (const { path: next, kind } of outputs[path]!.imports) {
    if (kind !== 'import-statement' || seen.has(next)) continue;
    seen.add(next);
    staticImports(outputs, next, seen);
  }
  return [...seen];
}

/**
 * Nothing is inline: the page's policy forbids it. TDesign's icons would add a style element unless one of this id is
 * there; console.css has what they need.
 */
const pageOf = (scripts: readonly string[], styles: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Roomtape</title>
<link rel="icon" href="data:,">
${styles.map((name) => `<link id="__TDESIGN_ICON_STYLE__" rel="stylesheet" href="${name}">`).join('\n')}
${scripts
  .slice(1)
  .map((name) => `<link rel="modulepreload" href="${name}">`)
  .join('\n')}
<script type="module" src="${scripts[0]!}"></script>
</head>
<body><div id="console"></div></body>
</html>
`;
