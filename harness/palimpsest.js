#!/usr/bin/env node
// The program is TypeScript that runs as it is, through tsx. This file is plain JavaScript of the oldest kind that works,
// so that an old Node can say what is wrong instead of failing on syntax.
import { fileURLToPath } from 'node:url';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`palimpsest needs Node 20 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}
// Not that of the folder that it is called in, whose "paths" could stand in the way of the program's own imports.
process.env.TSX_TSCONFIG_PATH ??= fileURLToPath(new URL('../tsconfig.json', import.meta.url));
// Both kinds of modules: a user's method may lie in a folder whose package.json does not say "module".
await import('tsx');
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
