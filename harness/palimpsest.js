#!/usr/bin/env node
// The program is TypeScript that runs as it is, through tsx. This file is plain JavaScript of the oldest kind that works,
// so that an old Node can say what is wrong instead of failing on syntax.
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`palimpsest needs Node 20 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}
// Not that of the folder that it is called in, whose "paths" could stand in the way of the program's own imports.
process.env.TSX_TSCONFIG_PATH ??= fileURLToPath(new URL('../tsconfig.json', import.meta.url));
// tsx keeps what it compiled there, and ends the program where it cannot.
try {
  accessSync(tmpdir(), constants.W_OK | constants.X_OK);
} catch {
  process.env.TSX_DISABLE_CACHE ??= '1';
}
// Both kinds of modules: a user's method may lie in a folder whose package.json does not say "module".
await import('tsx');
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
