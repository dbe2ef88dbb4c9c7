import { dirname, resolve } from 'node:path';
import { messageOf, UsageError, UserError } from '../errors.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RunDefinition } from '../record/run-record.ts';
import { loadScenario, scenarioDigest } from '../stream/load-scenario.ts';
import { checkCompatibility } from '../train/registry/compatibility.ts';
import { loadMethod } from '../train/registry/methods.ts';
import { resolveSettings } from '../train/registry/settings.ts';
import { packageVersion } from '../version.ts';
import type { BoundCell, PaperTable } from './load-table.ts';
import type { MissingBinding, RunBinding, SeedRange } from './reproduction-schema.ts';
import { describeSupply, lookFor } from './supplies.ts';

/** What determines the runs of a cell, but for data, engine and seeds. */
export type ExpectedRun = Pick<
  RunDefinition,
  'scenario' | 'method' | 'training' | 'backbone' | 'measuredOn' | 'palimpsest'
>;

/** How a cell is run. */
export interface RunPlan {
  readonly kind: 'run';
  /** Name or path, as a cell of a sweep takes it. */
  readonly scenario: string;
  readonly method: string;
  readonly overrides: Readonly<Record<string, unknown>>;
  /** All that the table asks for. */
  readonly seeds: readonly number[];
  readonly expected: ExpectedRun;
}

/** Why a cell is not run. */
export interface NotAttempted {
  readonly kind: 'not-attempted';
  readonly reason: string;
}

/** A cell with its plan. */
export interface PlannedCell extends BoundCell {
  readonly plan: RunPlan | NotAttempted;
}

/** What all cells of a table are resolved with. */
export interface ResolveOptions {
  readonly dataDirectory: string;
  /** A twentieth of the updates, or one epoch, or a few updates of that: shows that all runs, not what the paper says. */
  readonly quick?: boolean;
}

/**
 * Finds out which cells can be run, and with what.
 * @throws UserError naming the file and the cell of a binding to a scenario, method or setting that does not exist, unless
 *   it is marked as planned
 */
export async function resolveCells(
  table: PaperTable,
  cells: readonly BoundCell[],
  options: ResolveOptions,
): Promise<PlannedCell[]> {
  const plans = new Map<BoundCell['binding'], RunPlan | NotAttempted>();
  const planned: PlannedCell[] = [];
  for (const cell of cells) {
    const { binding } = cell;
    const plan =
      plans.get(binding) ??
      ('missing' in binding
        ? await notAttempted(table, binding, options.dataDirectory)
        : await resolveRun(table, cell.published.id, binding, options));
    plans.set(binding, plan);
    planned.push({ ...cell, plan });
  }
  return planned;
}

async function notAttempted(
  { reproduction: { supplies = {} } }: PaperTable,
  { missing, remark }: MissingBinding,
  dataDirectory: string,
): Promise<NotAttempted> {
  const states = await Promise.all(
    missing.flatMap((name) => {
      const supply = supplies[name];
      return supply === undefined ? [] : [lookFor(supply, dataDirectory)];
    }),
  );
  const reasons = states.map(describeSupply);
  return {
    kind: 'not-attempted',
    reason: [
      ...(remark === undefined ? [] : [remark]),
      ...(reasons.length > 0 ? [`needs ${reasons.join('; ')}`] : []),
    ].join('; '),
  };
}

async function resolveRun(
  table: PaperTable,
  cell: string,
  binding: RunBinding,
  options: ResolveOptions,
): Promise<RunPlan | NotAttempted> {
  const seeds = seedsOf(binding.seeds ?? table.reproduction.seeds);
  const scenario = besideFile(binding.scenario, table.file);
  const method = besideFile(binding.method, table.file);
  try {
    return {
      kind: 'run',
      scenario,
      method,
      seeds,
      ...(await expectedRun(scenario, method, binding, options)),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (binding.planned === true) {
      return { kind: 'not-attempted', reason: plannedReason(binding, error) };
    }
    throw new UserError(`${table.file}, cell ${cell}: ${error.message}`);
  }
}

async function expectedRun(
  scenarioReference: string,
  methodReference: string,
  { settings = {} }: RunBinding,
  { quick }: ResolveOptions,
): Promise<Pick<RunPlan, 'expected' | 'overrides'>> {
  const base = await loadScenario(scenarioReference);
  const { method, digest } = await loadMethod(methodReference);
  checkCompatibility(method, base);
  const whole = resolveSettings(base, method, settings);
  const overrides = quick === true ? quickSettings(settings, whole.scenario.training) : settings;
  const resolved = resolveSettings(base, method, overrides);
  return {
    overrides,
    expected: {
      scenario: { name: base.name, version: base.version, digest: scenarioDigest(base) },
      method: { name: method.name, version: method.version, digest, settings: resolved.settings },
      training: resolved.scenario.training,
      backbone: resolved.scenario.backbone,
      measuredOn: 'test',
      palimpsest: packageVersion(),
    },
  };
}

function quickSettings(
  settings: Readonly<Record<string, unknown>>,
  { epochs = 0, updates }: { readonly epochs?: number; readonly updates?: number },
): Readonly<Record<string, unknown>> {
  const { 'training.epochs': _epochs, 'training.updates': _updates, ...others } = settings;
  if (updates !== undefined) return { ...others, 'training.updates': Math.max(1, Math.round(updates / 20)) };
  return epochs > 1 ? { ...others, 'training.epochs': 1 } : { ...others, 'training.updates': quickUpdates };
}

/** Updates of a quick task where the paper trains one epoch. */
const quickUpdates = 20;

function plannedReason({ scenario, method }: RunBinding, error: UserError): string {
  const text = messageOf(error);
  if (error instanceof UsageError && text.startsWith('There is no method'))
    return `method ${method} is not in this version`;
  if (error instanceof UsageError && text.startsWith('There is no scenario'))
    return `scenario ${scenario} is not in this version`;
  return `this version cannot run it: ${text}`;
}

function seedsOf(range: SeedRange | undefined): number[] {
  const { first, count } = range ?? { first: 1, count: 1 };
  return Array.from({ length: count }, (_, index) => first + index);
}

/** A name stays a name; a path is seen from the reproduction file. */
function besideFile(reference: string, file: string): string {
  return /[/\\]/.test(reference) ? resolve(dirname(file), reference) : reference;
}

/** In what a run was made otherwise than a run of this plan would be now, in words; none where it is the same. */
export function changesSince(expected: ExpectedRun, definition: Omit<RunDefinition, 'seeds'>): string[] {
  const { weightsDigest: _, ...backbone } = definition.backbone as Record<string, unknown>;
  const change = (what: string, now: unknown, then: unknown): string[] =>
    canonicalJson(now) === canonicalJson(then) ? [] : [what];
  return [
    ...change('the scenario', expected.scenario, definition.scenario),
    ...change(
      "the method's file",
      { name: expected.method.name, digest: expected.method.digest },
      { name: definition.method.name, digest: definition.method.digest },
    ),
    ...change("the method's settings", expected.method.settings, definition.method.settings),
    ...change('the training', expected.training, definition.training),
    ...change('the backbone', expected.backbone, backbone),
    ...change('what was measured on', expected.measuredOn, definition.measuredOn),
    ...change('the version of the program', expected.palimpsest, definition.palimpsest),
  ];
}
