import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The path of the real program. */
export const program = fileURLToPath(new URL('../../harness/palimpsest.js', import.meta.url));

/** What a call of the program printed, and its exit code. */
export interface Called {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Calls the real program, not on a terminal. */
export function palimpsest(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Called> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, ...environment } });
    let out = '';
    let error = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      error += data;
    });
    child.on('close', (code) => resolve({ code, out, error }));
  });
}
