import { UsageError } from '../errors.ts';
import { type Seeds, seedsFrom } from '../random.ts';
import type { Training } from '../stream/scenario.ts';
import { suggestion } from '../suggest.ts';
import type { CellSpec } from '../train/loop/cell.ts';
import type { Method } from '../train/method.ts';

/** A method as far as the plan of a sweep looks at it. */
export interface PlannedMethod {
  /** Name or path, as the caller gave it. */
  readonly reference: string;
  readonly name: string;
  /** Names of its settings. */
  readonly settings: readonly string[];
  /** Settings of this method alone, by dotted key; those of the sweep go before them. */
  readonly tuned?: Readonly<Record<string, unknown>>;
}

/** What the plan needs to know of a method. */
export function planned(
  reference: string,
  { name, settings }: Method,
  tuned: PlannedMethod['tuned'] = {},
): PlannedMethod {
  return { reference, name, settings: Object.keys(settings), tuned };
}

/**
 * Two files whose methods have one name would share settings, records and rows of tables.
 * @param methods by the words that they were asked for with
 * @throws UsageError that names both
 */
export function refuseNamesakes(
  methods: Iterable<readonly [reference: string, method: { readonly name: string }]>,
): void {
  const known = new Map<string, string>();
  for (const [reference, { name }] of methods) {
    const earlier = known.get(name);
    if (earlier !== undefined)
      throw new UsageError(
        `${earlier} and ${reference} are both called "${name}". Give one of them another name.`,
      );
    known.set(name, reference);
  }
}

/** What is the same in all cells of a sweep. */
export type SweepOptions = Omit<CellSpec, 'method' | 'overrides' | 'seeds'> & {
  readonly seeds: readonly number[];
  readonly fixedSeeds: Partial<Seeds>;
  readonly overrides: Readonly<Record<string, unknown>>;
};

const trainingKeys = Object.keys({
  epochs: true,
  updates: true,
  batchSize: true,
  incompleteBatch: true,
  optimiser: true,
  learningRate: true,
  momentum: true,
  weightDecay: true,
  beta1: true,
  beta2: true,
  schedule: true,
  warmup: true,
  optimiserState: true,
} satisfies Record<keyof Training, true>).map((key) => `training.${key}`);

/**
 * The cells of a sweep, seed by seed, so that every method has a first result early.
 *
 * A setting without a dot goes to every method that has it; `training.…` and `backbone.…` go to all; `ewc.strength` and
 * `ewc.training.…` go to `ewc` alone.
 */
export function planCells(methods: readonly PlannedMethod[], options: SweepOptions): CellSpec[] {
  const { seeds, fixedSeeds, overrides, ...shared } = options;
  return seeds.flatMap((seed) =>
    methods.map((method) => ({
      ...shared,
      method: method.reference,
      overrides: { ...method.tuned, ...overridesOf(method, overrides) },
      seeds: seedsFrom(seed, fixedSeeds),
    })),
  );
}

/** @throws UsageError for a setting that none of the methods takes, with the nearest name */
export function checkOverrides(
  overrides: SweepOptions['overrides'],
  methods: readonly PlannedMethod[],
): void {
  for (const key of Object.keys(overrides)) checkKey(key, methods);
}

function checkKey(key: string, methods: readonly PlannedMethod[]): void {
  const known = [
    ...methods.flatMap(({ name, settings }) => [
      ...settings.flatMap((setting) => [setting, `${name}.${setting}`]),
      ...trainingKeys.map((setting) => `${name}.${setting}`),
    ]),
    ...trainingKeys,
  ];
  if (known.includes(key) || /^backbone\../.test(key)) return;
  const owned = methods
    .map(({ name, settings }) => `${name}: ${settings.join(', ') || 'no settings'}`)
    .join('; ');
  throw new UsageError(
    `--set ${key}: there is no such setting.${suggestion(key, known)} Settings of the methods are ${owned}; ` +
      `others begin with "training." or "backbone.".`,
  );
}

function overridesOf(
  { name, settings }: PlannedMethod,
  all: SweepOptions['overrides'],
): CellSpec['overrides'] {
  const general = Object.entries(all).filter(
    ([key]) => /^(training|backbone)\./.test(key) || settings.includes(key),
  );
  const named = Object.entries(all).flatMap(([key, value]): [string, unknown][] => {
    const own = key.startsWith(`${name}.`) ? key.slice(name.length + 1) : '';
    return settings.includes(own) || trainingKeys.includes(own) ? [[own, value]] : [];
  });
  return Object.fromEntries([...general, ...named]);
}
