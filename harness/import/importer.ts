import { UserError } from '../errors.ts';
import type { MatrixCell } from '../evaluate/accuracy-matrix.ts';
import type { Unit } from './accuracies.ts';
import type { SourceFile } from './source-file.ts';

/** What a person may tell an importer about the files. */
export interface ImportOptions {
  /** For formats that do not say it themselves. */
  readonly unit?: Unit;
  /** Which of several measures of a file is wanted. */
  readonly measure?: string;
  /** The matrix has a row for each task instead of a row for each stage. */
  readonly transpose?: boolean;
  /** The order of tasks that ZSCL's table was made with. */
  readonly order?: 1 | 2;
}

/** One accuracy matrix that was found in the files, and what they say about it. */
export interface ImportedResult {
  /** The files that it was read from. */
  readonly files: readonly SourceFile[];
  /** Which of several results of these files it is; empty for the only one. */
  readonly part: string;
  readonly measure: string;
  readonly tasks: number;
  /** In order of training; empty where the files name none. */
  readonly taskNames: readonly string[];
  readonly cells: readonly MatrixCell[];
  /** What the files themselves say; a person's word is asked for where they are silent. */
  readonly scenario?: string | undefined;
  readonly method?: string | undefined;
  readonly seed?: number | undefined;
  /** What else they say the run was made with; results with other settings are other rows of a table. */
  readonly settings?: Readonly<Record<string, string | number | boolean | null>>;
  /** What a reader of the numbers should know. */
  readonly notices: readonly string[];
}

/** Reads the results of one tool. */
export interface Importer {
  /** The word on the command line. */
  readonly format: string;
  /** Raised when the same files would be read differently. */
  readonly version: number;
  readonly tool: string;
  /** Which file it is, in a few words. */
  readonly reads: string;
  /** The unit that the tool writes; undefined where a person must say it. */
  readonly unit: Unit | undefined;
  /** Options that mean something to it. */
  readonly takes: readonly (keyof ImportOptions)[];
  /** Which files of a folder belong to it, by their path in the folder; without it a folder is refused. */
  readonly inFolder?: RegExp;
  /** @throws UserError naming the file and the place in it */
  read(files: readonly SourceFile[], options: ImportOptions): ImportedResult[];
}

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The settings that a file states. @throws UserError for text that could rewrite a terminal */
export function settingsFrom(
  entries: Iterable<readonly [string, string | number | boolean | null]>,
  at: string,
): Readonly<Record<string, string | number | boolean | null>> {
  const settings = [...entries];
  const odd = settings.find(([key, value]) => unprintable.test(`${key}${value}`));
  if (odd !== undefined) {
    throw new UserError(
      `${at}: the setting ${JSON.stringify(odd[0].slice(0, 60))} has characters that cannot be printed.`,
    );
  }
  return Object.fromEntries(settings);
}

/**
 * A name that a file gives, if it is fit to be printed: control characters could rewrite a terminal.
 * @throws UserError
 */
export function nameFrom(text: string, what: string, at: string): string {
  if (text.trim() === '' || text.length > 120 || unprintable.test(text)) {
    throw new UserError(
      `${at}: ${JSON.stringify(text.slice(0, 60))} cannot be the name of a ${what}: names are printable, 1 to 120 characters.`,
    );
  }
  return text;
}

/** The unit of the numbers: the tool's own, or what a person says. @throws UserError where nobody says it */
export function unitOf({ format, unit }: Importer, options: ImportOptions): Unit {
  const said = options.unit ?? unit;
  if (said === undefined) {
    throw new UserError(
      `A ${format} file does not say whether 0.9 is nine tenths or less than one in a hundred. ` +
        'Say it with --unit fraction or --unit percent.',
    );
  }
  return said;
}

/**
 * How many tasks cells are of: the largest number of one, be it trained on or measured. Of
 * many cells, too, for whom `Math.max` has no room.
 */
export function largestTask(cells: Iterable<{ readonly after: number; readonly task: number }>): number {
  let largest = 0;
  for (const { after, task } of cells) largest = Math.max(largest, after, task);
  return largest;
}
