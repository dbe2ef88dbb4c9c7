import { UserError } from '../errors.ts';

/** One thing that is wrong in a JSON document. */
export interface Problem {
  /** JSON path, e.g. `$.training.batchSize`. */
  readonly path: string;
  /** What stands there and what would be right, continuing the path: `is 0; it must be …`. */
  readonly message: string;
}

/** A document is not what it should be; the message lists all problems. */
export class ProblemsError extends UserError {
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[]) {
    super(message);
    this.problems = problems;
  }
}

/** The error that lists all problems of a document. */
export function problemsError(whereFrom: string, what: string, problems: readonly Problem[]): ProblemsError {
  const lines = problems.map((problem) => `  ${problem.path} ${problem.message}`);
  return new ProblemsError(`${whereFrom} is not a valid ${what}:\n${lines.join('\n')}`, problems);
}

/** How a value is shown in a message: JSON, cut to a line. */
export function shown(value: unknown): string {
  if (Array.isArray(value) && value.length > 0 && JSON.stringify(value).length > 50) {
    return `a list of ${value.length}`;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
