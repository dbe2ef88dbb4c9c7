import type { IncompleteRun, ReportRow, ReportTable } from './group-runs.ts';

/** Tables as plain data for `--json`: raw numbers, every run's value beside the summary. */
export function reportJson(tables: readonly ReportTable[]): unknown {
  return tables.map((table) => ({
    scenario: table.scenario,
    dataset: table.dataset,
    measuredOn: table.measuredOn,
    ...extentOf(table),
    rows: table.rows.map(rowJson),
    incomplete: table.incomplete.map(incompleteJson),
  }));
}

/** How many of the stream's tasks there are, and how many of them were run where that is not all. */
function extentOf({ rows, incomplete }: ReportTable): { tasks?: number; firstTasks?: number } {
  const run = rows[0]?.runs[0] ?? incomplete[0]?.run;
  const firstTasks = run?.record.definition.firstTasks;
  return { ...(run && { tasks: run.record.tasks.length }), ...(firstTasks !== undefined && { firstTasks }) };
}

function rowJson(row: ReportRow): unknown {
  const { method, training, backbone, engine, palimpsest, imported } = row.definition;
  return {
    method,
    training,
    backbone,
    engine,
    palimpsest,
    ...(imported === undefined ? {} : { imported }),
    differs: row.differs,
    usesPastData: row.isReference,
    varied: row.varied,
    metrics: Object.fromEntries(
      [...row.metrics].map(([id, result]) => [
        id,
        result.kind === 'summary' ? { ...result.summary, values: result.values } : { reason: result.reason },
      ]),
    ),
    cost: row.cost,
    runs: row.runs.map(({ directory, record }) => ({
      id: record.id,
      directory,
      seeds: record.definition.seeds,
    })),
  };
}

function incompleteJson({ run, reason }: IncompleteRun): unknown {
  const { id, definition, status } = run.record;
  const { method, seeds } = definition;
  return { id, directory: run.directory, method: method.name, seeds, state: status.state, reason };
}
