import { Random } from '../random.ts';
import { type Examples, type StoredValues, sizeOf } from '../stream/examples.ts';
import { validateScenario } from '../stream/load-scenario.ts';
import type { Scenario, ScenarioKind } from '../stream/scenario.ts';
import type { Task, TaskStream } from '../stream/stream.ts';

/** Where an example of the stream belongs. */
export interface Origin {
  readonly part: 'train' | 'validation' | 'test';
  /** From 1. */
  readonly task: number;
}

/** Is told of each access to examples. */
export type ReadListener = (origin: Origin, rows: number) => void;

/** Backbones that the stream has settings for. */
export const tinyBackbones = {
  mlp: { name: 'mlp', hidden: [16] },
  vit: { name: 'vit', patch: 2, width: 8, depth: 2, heads: 2 },
} as const;

export type TinyBackbone = keyof typeof tinyBackbones;

const tasks = 3;
const classesPerTask = 2;
const shape = [1, 4, 4];
const counts = { train: 60, validation: 12, test: 40 };

/** Examples in memory that tell of every access to their inputs and labels. */
class WatchedExamples implements Examples {
  readonly count: number;
  readonly shape = shape;
  readonly encoding = { storage: 'float32', scale: [1], offset: [0] } as const;
  readonly #inputs: readonly Float32Array[];
  readonly #labels: Int32Array;
  readonly #heard: (rows: number) => void;

  constructor(inputs: readonly Float32Array[], labels: Int32Array, heard: (rows: number) => void) {
    this.count = inputs.length;
    this.#inputs = inputs;
    this.#labels = labels;
    this.#heard = heard;
  }

  get labels(): Int32Array {
    this.#heard(this.count);
    return this.#labels;
  }

  readStored(rows: ArrayLike<number>, into: StoredValues): void {
    this.#heard(rows.length);
    Array.from(rows).forEach((row, at) => {
      into.set(this.#inputs[row] as Float32Array, at * sizeOf(shape));
    });
  }
}

/**
 * The rules of the stream: a scenario of the wanted kind, as strict as its kind allows.
 * @param identityInTraining whether a training example's task is told
 */
export function tinyScenario(
  kind: ScenarioKind,
  backbone: TinyBackbone,
  identityInTraining: boolean,
): Scenario {
  const rule = { 'class-incremental': 'seen', 'task-incremental': 'current', 'domain-incremental': 'all' };
  return validateScenario(
    {
      name: 'check',
      version: 1,
      kind,
      dataset: {
        name: 'made-up',
        reader: { kind: 'csv', train: { path: 'in memory' }, labelColumn: 'class', domainColumn: 'domain' },
      },
      tasks: kind === 'domain-incremental' ? { by: 'domains' } : { by: 'classes', classesPerTask },
      classOrder: 'natural',
      labels: 'class',
      candidates: { train: rule[kind], test: rule[kind] },
      taskIdentity: { train: identityInTraining, test: kind === 'task-incremental' },
      backbone: tinyBackbones[backbone],
      training: { epochs: 3, batchSize: 12, incompleteBatch: 'keep', optimiser: 'adam', learningRate: 0.01 },
    },
    'the stream of the checks',
  );
}

/** Three tasks of two classes each, made up in memory; the same at each call. */
export function tinyStream(scenario: Scenario, heard: ReadListener): TaskStream {
  const shared = scenario.kind === 'domain-incremental';
  const made = Array.from({ length: tasks }, (_, index) => madeUpTask(index + 1, shared, heard));
  return {
    scenario,
    inputShape: shape,
    outputs: shared ? classesPerTask : tasks * classesPerTask,
    tasks: made,
    dataset: {
      name: 'made-up',
      revision: '1',
      licence: 'none',
      source: 'made up in memory',
      sha256: '0'.repeat(64),
    },
    order: made.map(({ index }) => index - 1),
  };
}

/** Classes that lie around a point each, near enough that some examples are in doubt. */
function madeUpTask(index: number, sharedOutputs: boolean, heard: ReadListener): Task {
  const first = sharedOutputs ? 0 : (index - 1) * classesPerTask;
  const outputs = Array.from({ length: classesPerTask }, (_, at) => first + at);
  const set = (part: Origin['part']): Examples => {
    const random = new Random(index, 'check', part);
    const labels = Int32Array.from(
      { length: counts[part] },
      (_, row) => outputs[row % outputs.length] as number,
    );
    const inputs = Array.from(labels, (label) => {
      const point = label + (sharedOutputs ? 0.3 * index : 0);
      return Float32Array.from(
        { length: sizeOf(shape) },
        (_, value) => Math.sin(7 * point + value) + 0.5 * random.normal(),
      );
    });
    return new WatchedExamples(inputs, labels, (rows) => heard({ part, task: index }, rows));
  };
  const [train, validation, test] = [set('train'), set('validation'), set('test')];
  return { index, name: `task ${index}`, outputs, train, validation, test };
}
