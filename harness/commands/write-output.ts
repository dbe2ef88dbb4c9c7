import { UsageError } from '../errors.ts';
import { replaceFile } from '../record/files.ts';
import { print } from './command.ts';

/** The name that stands for standard output. */
const standardOutput = '-';

/** Whether a file option asks for standard output. */
export function isStandardOutput(path: string | undefined): boolean {
  return path === standardOutput;
}

/**
 * Refuses options that would print two things to standard output.
 * @param paths by option: `--csv` to its file
 * @returns whether standard output is taken by one of them
 * @throws UsageError that names the options
 */
export function checkOutputs(paths: Readonly<Record<string, string | undefined>>, json?: boolean): boolean {
  const taken = Object.entries(paths).flatMap(([option, path]) => (isStandardOutput(path) ? [option] : []));
  const all = json === true ? [...taken, '--json'] : taken;
  if (taken.length > 0 && all.length > 1) {
    throw new UsageError(`${all.join(' and ')} would both go to standard output. Give all but one a file.`);
  }
  return taken.length > 0;
}

/** Writes a text to a file as a whole, or prints it for `-`. @throws UserError when the file cannot be written */
export function writeOutput(path: string, text: string): void {
  if (isStandardOutput(path)) print(text);
  else replaceFile(path, text);
}
