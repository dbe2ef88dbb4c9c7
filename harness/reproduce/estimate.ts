import { mean } from '../evaluate/statistics.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { runsOfPlan, type TableRuns } from './cell-runs.ts';
import type { PlannedCell } from './resolve-cells.ts';

/** How long a table takes, from runs that were made before. */
export interface Estimate {
  /** Wall time of all seeds of the cells whose time is known, one run after the other. */
  readonly seconds: number;
  /** Cells that can be run. */
  readonly runnable: number;
  /** Those of them of which no run was ever made. */
  readonly unknown: number;
}

/** Adds up mean time × seeds over the cells that can be run, from recorded runs and from those of the results folder. */
export function estimateTable(
  cells: readonly PlannedCell[],
  recorded: TableRuns,
  local: readonly RecordedRun[],
): Estimate {
  let seconds = 0;
  let runnable = 0;
  let unknown = 0;
  for (const { published, plan } of cells) {
    if (plan.kind !== 'run') continue;
    runnable++;
    const costs = [
      ...(recorded.get(published.id)?.runs.map(({ cost }) => cost) ?? []),
      ...runsOfPlan(plan.expected, local).flatMap(({ record: { status } }) =>
        status.state === 'finished' && status.cost !== null ? [status.cost] : [],
      ),
    ];
    if (costs.length === 0) unknown++;
    else
      seconds +=
        plan.seeds.length *
        mean(costs.map(({ trainingSeconds, evaluationSeconds }) => trainingSeconds + evaluationSeconds));
  }
  return { seconds, runnable, unknown };
}
