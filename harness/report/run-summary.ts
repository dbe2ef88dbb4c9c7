import Table from 'cli-table3';
import { AccuracyMatrix } from '../evaluate/accuracy-matrix.ts';
import { computeMetrics, type MetricResult } from '../evaluate/metrics/index.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { ImportSource, RecordedRun, RunCost, RunRecord } from '../record/run-record.ts';
import { bytes, count, describeSeeds, duration, percent } from './format.ts';

/** One run for a person: what it was, its accuracy matrix, its metrics, what it cost. */
export function formatRun({ directory, record, cells }: RecordedRun): string {
  const matrix = new AccuracyMatrix(cells, record.tasks.length);
  const metricLines = [...computeMetrics(matrix)].map(([id, result]): [string, string] => [
    id,
    resultText(result),
  ]);
  return [
    alignPairs([...definitionLines(record), ['folder', directory], ...statusLines(record)]),
    'Accuracy in %, a row after each trained task (0 is before training):',
    formatMatrix(matrix),
    alignPairs(record.tasks.map(({ index, name }) => [`task ${index}`, name])),
    'Metrics, accuracies in %:',
    alignPairs(metricLines),
  ].join('\n');
}

/** One run as plain data. */
export function runJson({ directory, record, cells }: RecordedRun): unknown {
  const metrics = Object.fromEntries(computeMetrics(new AccuracyMatrix(cells, record.tasks.length)));
  return { directory, record, cells, metrics };
}

/** The matrix as a table, in percent; a cell that was not measured is empty. */
export function formatMatrix(matrix: AccuracyMatrix): string {
  const tasks = Array.from({ length: matrix.tasks }, (_, index) => index + 1);
  const table = new Table({
    head: ['after', ...tasks.map((task) => `task ${task}`)],
    colAligns: ['after', ...tasks].map(() => 'right'),
    style: { head: [], border: [], compact: true },
  });
  for (const after of [0, ...tasks]) {
    const cells = tasks.map((task) => (matrix.has(after, task) ? percent(matrix.accuracy(after, task)) : ''));
    table.push([String(after), ...cells]);
  }
  return table.toString();
}

function definitionLines(record: RunRecord): [string, string][] {
  const { imported } = record.definition;
  return imported === undefined ? ownLines(record) : importedLines(record, imported);
}

/** What is known of an imported run, and a word on what is not. */
function importedLines({ id, definition }: RunRecord, source: ImportSource): [string, string][] {
  const { scenario, method, seeds, palimpsest } = definition;
  const hasSettings = Object.keys(method.settings).length > 0;
  const files = source.files.map(({ name, sha256 }) => `${name}, sha256 ${sha256.slice(0, 12)}`);
  return [
    ['run', id],
    ['imported from', `${source.tool}${source.part === '' ? '' : `, ${source.part}`}`],
    ...files.map((file): [string, string] => ['file', file]),
    ['measures', source.measure],
    ['scenario', `${scenario.name}, as named at import`],
    ['method', method.name],
    ['seeds', describeSeeds(seeds)],
    ...(hasSettings ? [['settings', canonicalJson(method.settings)] as [string, string]] : []),
    [
      'not known',
      `protocol, dataset revision, ${hasSettings ? '' : 'settings, '}training, backbone, engine, cost`,
    ],
    ['imported by', `palimpsest ${palimpsest}, importer ${source.format}@${source.version}`],
  ];
}

function ownLines({ id, definition, environment }: RunRecord): [string, string][] {
  const { scenario, dataset, method, training, backbone, engine, seeds, measuredOn, palimpsest } = definition;
  const commit = environment.commit === null ? '' : `, commit ${environment.commit.slice(0, 12)}`;
  return [
    ['run', id],
    ['scenario', `${scenario.name}@${scenario.version}, digest ${scenario.digest.slice(0, 12)}`],
    [
      'dataset',
      `${dataset.name} ${dataset.revision}, ${dataset.licence}, sha256 ${dataset.sha256.slice(0, 12)}`,
    ],
    ['method', `${method.name}@${method.version}, source ${method.digest.slice(0, 12)}`],
    ['settings', canonicalJson(method.settings)],
    ['training', canonicalJson(training)],
    ['backbone', canonicalJson(backbone)],
    ['seeds', describeSeeds(seeds)],
    [
      'measured on',
      `${measuredOn}${definition.firstTasks === undefined ? '' : `, the first ${definition.firstTasks} tasks alone`}`,
    ],
    ['engine', `${engine.name} ${engine.version} on ${engine.device}, threads ${engine.threads}`],
    ['made by', `palimpsest ${palimpsest}${commit}${environment.modified === true ? ' with changes' : ''}`],
    ['machine', `${environment.processor}, ${environment.platform}, Node ${environment.node}`],
  ];
}

function statusLines({ status, tasks, definition }: RunRecord): [string, string][] {
  if (definition.imported !== undefined) return [['state', `imported ${status.started}`]];
  const done = status.state === 'finished' ? '' : ` after ${status.tasksDone} of ${tasks.length} tasks`;
  const lines: [string, string][] = [['state', `${status.state}${done}, started ${status.started}`]];
  if (status.state === 'failed') lines.push(['error', status.error]);
  if (status.state === 'finished' && status.cost !== null) lines.push(...costLines(status.cost));
  return lines;
}

function costLines(cost: RunCost): [string, string][] {
  return [
    ['time', `${duration(cost.trainingSeconds)} training, ${duration(cost.evaluationSeconds)} evaluation`],
    ['peak memory', bytes(cost.peakMemory)],
    ['parameters', `${count(cost.trainableParameters)} trainable of ${count(cost.totalParameters)}`],
    ['kept', `${bytes(cost.keptBytes)} between tasks, among it ${count(cost.keptExamples)} examples`],
  ];
}

function resultText(result: MetricResult): string {
  if (result.kind === 'value') return percent(result.value);
  return result.kind === 'missing'
    ? `n/a: ${result.cells.length} cells were not measured`
    : `n/a: ${result.reason}`;
}

/** Pairs as lines, the second parts under each other. */
export function alignPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n');
}
