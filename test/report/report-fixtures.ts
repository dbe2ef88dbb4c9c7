import { RunDirectory } from '../../harness/record/run-directory.ts';
import { type RunDefinition, unknown } from '../../harness/record/run-record.ts';
import { cost, definition } from '../record/fixtures.ts';

/** A name that breaks out of every format that does not escape it. */
export const hostileName = `</svg><script>alert("1")</script>'&]]>`;

/** How a made-up method does. */
export interface MadeUp {
  readonly method: string;
  readonly seeds: number;
  readonly tasks: number;
  /** Accuracy lost on a task with each task after it. */
  readonly decay: number;
  readonly scenario?: string;
  readonly seconds?: number;
  readonly updates?: number;
  readonly changes?: Partial<RunDefinition>;
}

/** Records finished runs of a made-up method, with losses. Every count follows from the arguments. */
export function recordMadeUp(results: string, madeUp: MadeUp): void {
  const { method, seeds, tasks, decay, scenario = 'made-up', seconds = 12.5, updates = 2, changes } = madeUp;
  for (let seed = 1; seed <= seeds; seed++) {
    const of = definition(
      { scenario: { name: scenario, version: 1, digest: 'a'.repeat(64) }, ...changes },
      method,
      seed,
    );
    const names = Array.from({ length: tasks }, (_, index) => ({
      index: index + 1,
      name: `task ${index + 1}`,
    }));
    const run = RunDirectory.open(results, {
      definition: of,
      order: names.map(({ index }) => index),
      tasks: names,
    });
    for (let task = 1; task <= tasks; task++) {
      for (let update = 1; update <= updates; update++) {
        run.addEvent({ kind: 'loss', task, update, loss: 1 / (update + seed) + decay });
      }
    }
    const stages = Array.from({ length: tasks + 1 }, (_, after) => after);
    run.addCells(
      stages.flatMap((after) =>
        names.map(({ index: task }) => {
          const right =
            task > after ? 500 : Math.max(100, 980 - seed * 10 - Math.round((after - task) * decay * 1000));
          return { after, task, correct: right, total: 1000 };
        }),
      ),
    );
    run.setTasksDone(tasks);
    run.finish({ ...cost, trainingSeconds: seconds + seed });
    run.close();
  }
}

/** What replaces a definition's parts in an imported run. */
export const importedChanges: Partial<RunDefinition> = {
  imported: {
    format: 'matrix-csv',
    version: 1,
    tool: `tool ${hostileName}`,
    measure: 'accuracy',
    files: [{ name: `file ${hostileName}`, sha256: 'd'.repeat(64) }],
    part: '',
  },
  palimpsest: unknown,
};
