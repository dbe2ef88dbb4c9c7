import Table from 'cli-table3';
import type { Metric } from '../evaluate/metrics/index.ts';
import type { SeedRole } from '../random.ts';
import { bytes, count, describeSeeds, duration, percent } from './format.ts';
import type { MetricSummary, ReportRow, ReportTable } from './group-runs.ts';

/** How a table is shown. */
export interface TerminalStyle {
  /** Whether escape codes may be used: the best value is then bold, else it is followed by `*`. */
  readonly colour: boolean;
  /** Characters in a line; a wider table continues below itself. Infinity for no limit. */
  readonly width: number;
}

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly cells: readonly string[];
}

const roleNames: Readonly<Record<SeedRole, string>> = {
  classOrder: 'class order',
  initialWeights: 'initial weights',
  exampleOrder: 'order of examples',
  memorySampling: 'memory sampling',
};

/** Which way is better. */
const arrows = { higher: '↑', lower: '↓' } as const;

/** A table for people: accuracies in percent, mean ± 95% interval; then what the numbers rest on; then what is not in it. */
export function formatTerminalTable(table: ReportTable, style: TerminalStyle): string {
  const parts = [title(table)];
  if (table.rows.length > 0)
    parts.push(...drawColumns(columnsOf(table, style), style.width), ...footer(table, style));
  if (table.incomplete.length > 0) parts.push(incompleteLines(table));
  return `${parts.join('\n')}\n`;
}

function title({ scenario, measuredOn, rows }: ReportTable): string {
  const imported = rows[0]?.definition.imported;
  if (imported !== undefined) return `${scenario.name} (imported), ${imported.measure} in %`;
  return `${scenario.name}@${scenario.version}, accuracy in % on ${measuredOn} data`;
}

function columnsOf(table: ReportTable, style: TerminalStyle): Column[] {
  const text = (
    head: string,
    cell: (row: ReportRow) => string,
    align: Column['align'] = 'right',
  ): Column => ({
    head,
    align,
    cells: table.rows.map(cell),
  });
  return [
    text(
      'method',
      ({ definition, differs, isReference }) =>
        [
          definition.method.name,
          ...(isReference ? ['(reference)'] : []),
          ...(definition.imported === undefined ? [] : [`(imported from ${definition.imported.tool})`]),
          ...differs,
        ].join('\n'),
      'left',
    ),
    text('seeds', ({ runs }) => String(runs.length)),
    ...table.metrics.map((metric) => metricColumn(metric, table.rows, style)),
    text('training\ntime', ({ cost }) => (cost === null ? 'n/a' : duration(cost.trainingSeconds))),
    text('trainable\nparameters', ({ cost }) => (cost === null ? 'n/a' : count(cost.trainableParameters))),
    text('kept\nbytes', ({ cost }) => (cost === null ? 'n/a' : bytes(cost.keptBytes))),
    text('kept\nexamples', ({ cost }) => (cost === null ? 'n/a' : count(cost.keptExamples))),
  ];
}

function metricColumn(metric: Metric, rows: readonly ReportRow[], { colour }: TerminalStyle): Column {
  const results = rows.map((row) => row.metrics.get(metric.id));
  const shown = results.map(metricText);
  const contenders = rows.map((row, index) => (row.isReference ? undefined : results[index]));
  const best = bestText(metric, contenders);
  const cells = shown.map((text, index) => {
    const isBest = best !== undefined && meanText(contenders[index]) === best;
    if (colour) return isBest ? `\u001b[1m${text}\u001b[22m` : text;
    // The blank keeps the numbers of a column under each other.
    return `${text}${isBest ? '*' : best === undefined ? '' : ' '}`;
  });
  return { head: metric.title.replaceAll(' ', '\n'), align: 'right', cells };
}

/** The best mean as it is printed, so that rows that read the same are marked alike; none when there is no contest. */
function bestText(metric: Metric, results: readonly (MetricSummary | undefined)[]): string | undefined {
  const means = results.flatMap((result) => (result?.kind === 'summary' ? [result.summary.mean] : []));
  if (means.length < 2) return undefined;
  const best = percent(metric.direction === 'higher' ? Math.max(...means) : Math.min(...means));
  return means.every((mean) => percent(mean) === best) ? undefined : best;
}

function meanText(result: MetricSummary | undefined): string | undefined {
  return result?.kind === 'summary' ? percent(result.summary.mean) : undefined;
}

function metricText(result: MetricSummary | undefined): string {
  if (result?.kind !== 'summary') return 'n/a';
  const { mean, interval } = result.summary;
  return interval.kind === 'interval' ? `${percent(mean)} ± ${percent(interval.halfWidth)}` : percent(mean);
}

/** Draws as many columns as fit beside the first, then the rest below, again beside the first. */
function drawColumns(columns: readonly Column[], width: number): string[] {
  const [first, ...others] = columns;
  if (first === undefined) return [];
  const blocks: Column[][] = [];
  let used = 0;
  for (const column of others) {
    if (blocks.length === 0 || used + columnWidth(column) > width) {
      blocks.push([first]);
      used = columnWidth(first) + 1;
    }
    blocks.at(-1)?.push(column);
    used += columnWidth(column);
  }
  return blocks.map(draw);
}

function draw(columns: readonly Column[]): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [], compact: true },
  });
  const rows = columns[0]?.cells.length ?? 0;
  for (let row = 0; row < rows; row++) table.push(columns.map(({ cells }) => cells[row] ?? ''));
  return table.toString();
}

/** Width of a column with its padding and one border. */
function columnWidth({ head, cells }: Column): number {
  const lines = [head, ...cells].flatMap((text) => text.split('\n'));
  return (
    Math.max(...lines.map((line) => line.replaceAll(`\u001b[1m`, '').replaceAll('\u001b[22m', '').length)) + 3
  );
}

function footer(table: ReportTable, { colour }: TerminalStyle): string[] {
  const { rows, metrics } = table;
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
  if (!colour && rows.length > 1) lines.push('* is the best of its column.');
  return lines;
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

function incompleteLines({ incomplete }: ReportTable): string {
  const lines = incomplete.map(({ run, reason }) => {
    const { method, seeds } = run.record.definition;

    return `  ${method.name} seed ${describeSeeds(seeds)}: ${reason}`;
  });
  return ['Not in the table:', ...lines].join('\n');
}
