/** What is checked of a method, in the order of the report, with the sentence that holds when it is kept. */
export const checkTitles = {
  'runs-to-its-end': 'the method runs through the stream',
  'batch-mates': 'predictions are independent of batch-mates',
  'task-identity': 'no task identity is used where the scenario hides it',
  'declared-memory': 'memory declared equals memory kept',
  'unseen-test-set': 'the test set is unseen in training',
  'same-seed': 'same seed, same bytes',
  resume: 'a resumed run equals an undisturbed one',
  candidates: 'labels outside the candidate set are never predicted',
  'finite-parameters': 'parameters are finite throughout',
} as const;

/** Name of a check. */
export type CheckName = keyof typeof checkTitles;

/** Every check, in the order of the report. */
export const checkNames = Object.keys(checkTitles) as CheckName[];

/** How one check ended. */
export type Outcome =
  | { readonly kind: 'passed' }
  /** The reason says what was seen, and how to mend it where that is known. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'not-applicable'; readonly why: string };

/** One check's outcome, by its name. */
export type CheckResult = { readonly check: CheckName } & Outcome;

/** All checks of one method. */
export interface CheckReport {
  readonly method: { readonly name: string; readonly version: number; readonly digest: string };
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the stream that was run. */
  readonly scenario: { readonly kind: string; readonly tasks: number };
  readonly backbone: string;
  readonly engine: string;
  readonly results: readonly CheckResult[];
}

export const passed: Outcome = { kind: 'passed' };

export function failed(reason: string): Outcome {
  return { kind: 'failed', reason };
}

export function notApplicable(why: string): Outcome {
  return { kind: 'not-applicable', why };
}

/** Whether no check failed. */
export function allKept({ results }: CheckReport): boolean {
  return results.every(({ kind }) => kind !== 'failed');
}
