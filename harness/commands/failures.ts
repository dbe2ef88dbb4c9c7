import type { CellOutcome } from '../execute/run-cells.ts';

/**
 * Says on standard error which runs failed and why: each error once, behind all runs that it ended, since what is
 * wrong with a device or a file of data ends every run alike.
 * @param labels names of the runs, in the order of the outcomes
 */
export function tellFailures(outcomes: readonly CellOutcome[], labels: readonly string[]): void {
  const runsOf = new Map<string, string[]>();
  outcomes.forEach((outcome, index) => {
    if (outcome.kind !== 'failed') return;
    runsOf.set(outcome.error, [...(runsOf.get(outcome.error) ?? []), labels[index] ?? '']);
  });
  if (runsOf.size === 0) return;
  const failed = outcomes.filter(({ kind }) => kind === 'failed').length;
  const lines = [...runsOf].map(([error, runs]) => `  ${runs.join(', ')}: ${error}`);
  console.error(`${failed} of ${outcomes.length} runs failed:\n${lines.join('\n')}`);
}
