import type { SeedRole } from '../random.ts';
import { describeSeeds, tasksText } from './format.ts';
import type { ReportRow, ReportTable } from './group-runs.ts';

const roleNames: Readonly<Record<SeedRole, string>> = {
  classOrder: 'class order',
  initialWeights: 'initial weights',
  exampleOrder: 'order of examples',
  memorySampling: 'memory sampling',
};

/** Which way is better. */
const arrows = { higher: '↑', lower: '↓' } as const;

/** The heading of a table: what was measured, on what. */
export function tableTitle({ scenario, measuredOn, rows }: ReportTable): string {
  const imported = rows[0]?.definition.imported;
  if (imported !== undefined) {
    const tasks = rows[0]?.runs[0]?.record.tasks.length ?? 0;
    return `${scenario.name} (imported), ${imported.measure} in % over ${tasksText(tasks)}`;
  }
  const { firstTasks } = rows[0]?.definition ?? {};
  const part = firstTasks === undefined ? '' : `, the first ${firstTasks} tasks`;
  return `${scenario.name}@${scenario.version}${part}, accuracy in % on ${measuredOn} data`;
}

/** What the numbers of a table rest on, a sentence or two each; none for a table without rows. */
export function tableNotes(table: ReportTable): string[] {
  const { rows, metrics } = table;
  if (rows.length === 0) return [];
  const lines = [
    provenanceLine(table),
    `Metrics in column order: ${metrics.map(({ id, direction }) => `${id} ${arrows[direction]}`).join(', ')}.`,
    variedLine(rows),
    intervalLine(rows),
    ...reasonLines(rows),
  ];
  if (rows.some(({ isReference }) => isReference)) {
    lines.push('A reference trains on the data of all tasks so far and is no contender for the best.');
  }
  return lines.filter((line) => line !== '');
}

/** The runs that are not in the table, and why. */
export function incompleteNotes({ incomplete }: ReportTable): string[] {
  return incomplete.map(({ run, reason }) => {
    const { method, seeds } = run.record.definition;
    return `${method.name} seed ${describeSeeds(seeds)}: ${reason}`;
  });
}

/** What the numbers rest on. Runs of this program and imported ones never share a table. */
function provenanceLine({ scenario, dataset, rows }: ReportTable): string {
  const imported = rows[0]?.definition.imported;
  if (imported !== undefined) {
    return (
      `Imported, not measured here: ${imported.measure}. Scenario ${scenario.name} is a name given at import; ` +
      'its protocol, data and cost are not known.'
    );
  }
  const engines = new Set(
    rows.map(({ definition: { engine } }) => `${engine.name} ${engine.version} on ${engine.device}`),
  );
  return (
    `Scenario ${scenario.name}@${scenario.version}, digest ${scenario.digest.slice(0, 12)}; ` +
    `dataset ${dataset.name} ${dataset.revision}, sha256 ${dataset.sha256.slice(0, 12)}; engine ${[...engines].join(', ')}.`
  );
}

function variedLine(rows: readonly ReportRow[]): string {
  if (rows.some(({ definition }) => definition.imported !== undefined)) {
    return 'Seeds are those of the other tool; what they varied there is not known.';
  }
  const described = rows.map(({ varied }) =>
    varied.length === 0 ? 'nothing' : varied.map((role) => roleNames[role]).join(', '),
  );
  if (new Set(described).size === 1) return `Seeds varied: ${described[0]}.`;
  return `Seeds varied: ${rows.map((row, index) => `${[row.definition.method.name, ...row.differs].join(' ')}: ${described[index]}`).join('; ')}.`;
}

function intervalLine(rows: readonly ReportRow[]): string {
  const lacking = rows.flatMap(({ metrics }) =>
    [...metrics.values()].flatMap((result) =>
      result.kind === 'summary' && result.summary.interval.kind === 'none'
        ? [result.summary.interval.reason]
        : [],
    ),
  );
  const reasons = [...new Set(lacking)].map((reason) => `No interval for ${reason}.`);
  const some = rows.some(({ runs }) => runs.length > 2);
  return [...(some ? ['± is the 95% t interval of the mean over seeds.'] : []), ...reasons].join(' ');
}

function reasonLines(rows: readonly ReportRow[]): string[] {
  const reasons = rows.flatMap(({ metrics }) =>
    [...metrics.values()].flatMap((result) => (result.kind === 'none' ? [result.reason] : [])),
  );
  return [...new Set(reasons)].map((reason) => `n/a: ${reason}.`);
}
