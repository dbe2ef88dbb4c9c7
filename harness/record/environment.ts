import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from './run-record.ts';

/** Where and by which state of the program's source a run is made. */
export function describeEnvironment(): RunRecord['environment'] {
  const commit = git('rev-parse', 'HEAD');
  const changes =
    commit === null ? null : git('--no-optional-locks', 'status', '--porcelain', '--untracked-files=no');
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    commit,
    modified: changes === null ? null : changes !== '',
  };
}

function git(...command: string[]): string | null {
  try {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    return execFileSync('git', command, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
