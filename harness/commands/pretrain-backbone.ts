import { join } from 'node:path';
import { backbonesWithWeights } from '../backbones/backbone-settings.ts';
import { encodeWeights, weightsFormat } from '../backbones/pretrained.ts';
import { UsageError, UserError } from '../errors.ts';
import { isCounted } from '../evaluate/accuracy-matrix.ts';
import { interruptedCode } from '../execute/protocol.ts';
import { runCells } from '../execute/run-cells.ts';
import { seedsFrom } from '../random.ts';
import { replaceFile } from '../record/files.ts';
import { readRun, runFiles } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { loadScenario } from '../stream/load-scenario.ts';
import type { CellSpec } from '../train/loop/cell.ts';
import { checkpointParameters } from '../train/loop/checkpoint.ts';
import { loadMethod } from '../train/registry/methods.ts';
import { resolveSettings } from '../train/registry/settings.ts';
import { packageVersion } from '../version.ts';
import { print, printJson } from './command.ts';
import { openProgress } from './progress.ts';
import { isStandardOutput } from './write-output.ts';

/** The options of `palimpsest pretrain` as commander hands them over. */
export interface PretrainOptions {
  readonly out: string;
  readonly seed: number;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly engine: CellSpec['engine'];
  readonly device: CellSpec['device'];
  readonly threads: number;
  readonly results: string;
  readonly data: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * Trains a backbone on a scenario, as one run that is recorded and goes on where it was cut off, and writes the weights.
 * @returns The exit code.
 * @throws UsageError for an unknown scenario or setting, and for a backbone that takes no weights, before anything is run.
 */
export async function pretrainBackbone(scenario: string, options: PretrainOptions): Promise<number> {
  requireFile(options.out);
  const loaded = await loadScenario(scenario);
  const { method } = await loadMethod('joint');
  const { backbone: trained } = resolveSettings(loaded, method, options.set ?? {}).scenario;
  requireWeights(trained.name);
  const spec: CellSpec = {
    scenario,
    method: 'joint',
    overrides: options.set ?? {},
    seeds: seedsFrom(options.seed),
    measuredOn: 'validation',
    engine: options.engine,
    device: options.device,
    threads: options.threads,
    resultsDirectory: options.results,
    dataDirectory: options.data,
  };
  const progress = await openProgress([`pretrain seed ${options.seed}`], options.quiet === true);
  const { outcomes, interrupted } = await runCells([spec], {
    jobs: 1,
    onEvent: (index, event) => progress.event(index, event),
    onOutput: (_, line) => progress.note(line),
  }).finally(() => progress.end());
  if (interrupted) return interruptedCode;
  const [outcome] = outcomes;
  if (outcome?.kind !== 'finished') {
    throw new UserError(
      outcome?.kind === 'failed' ? outcome.error : 'The run was stopped; begin it again to go on.',
    );
  }
  const run = readRun(outcome.directory);
  const accuracy = finalAccuracy(run);
  const parameters = checkpointParameters(join(outcome.directory, runFiles.checkpoint));
  const { backbone, scenario: trainedOn } = run.record.definition;
  const { name: _name, ...settings } = backbone;
  const metadata = {
    format: weightsFormat,
    backbone: JSON.stringify(settings),
    scenario: `${trainedOn.name}@${trainedOn.version}`,
    command: commandLine(scenario, options),
    seed: String(options.seed),
    validationAccuracy: accuracy.toFixed(4),
    palimpsest: packageVersion(),
  };
  const bytes = encodeWeights(parameters, metadata);
  replaceFile(options.out, bytes);
  if (options.json) printJson({ file: options.out, bytes: bytes.length, run: run.record.id, ...metadata });
  else {
    print(
      `Wrote ${options.out} (${(bytes.length / 1e6).toFixed(1)} MB). ` +
        `Accuracy on validation data: ${(100 * accuracy).toFixed(2)}% (run ${run.record.id}).`,
    );
  }
  return 0;
}

/** @throws UsageError for standard output, which takes texts alone */
function requireFile(out: string): void {
  if (!isStandardOutput(out)) return;
  throw new UsageError('Weights are no text, so "-" cannot take them. Name a file with --out.');
}

/** @throws UsageError for a backbone that could not be given the weights afterwards */
function requireWeights(name: string): void {
  const able = backbonesWithWeights();
  if (able.includes(name)) return;
  throw new UsageError(
    `The backbone ${name} has no setting "weights", so no run could start from what would be written. ` +
      `Name one that has it in the scenario: ${able.join(', ')}.`,
  );
}

/** Share of right answers over all examples after the last task. */
function finalAccuracy({ cells }: RecordedRun): number {
  const last = Math.max(...cells.map(({ after }) => after));
  const final = cells.filter(isCounted).filter(({ after }) => after === last);
  const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
  return sum(final.map(({ correct }) => correct)) / sum(final.map(({ total }) => total));
}

/** What makes these weights again: the thread count is part of it, since it changes the order of sums. */
function commandLine(scenario: string, { out, seed, threads, set = {} }: PretrainOptions): string {
  const settings = Object.entries(set).map(([key, value]) => ` --set ${key}=${JSON.stringify(value)}`);
  return `palimpsest pretrain ${scenario} --out ${out} --seed ${seed} --threads ${threads}${settings.join('')}`;
}
