import { describe, expect, it } from 'vitest';
import { copyOf, float32, type HostTensor, type HostTensors } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { type LinearModel, linearModel, probabilities } from '../support/linear-model.ts';
import { type ListedExamples, madeUpTask } from '../support/tiny-data.ts';
import { learn, openLearner, trainOn } from '../support/tiny-learner.ts';

const learningRate = 0.1;
const latent = 2;

type Kind = 'class-incremental' | 'task-incremental';

/** One step on the third task of two classes each. */
interface Step {
  readonly before: HostTensors;
  readonly after: HostTensors;
  /** The parameters after the second task. */
  readonly past: HostTensors;
  /** The task's examples in the order of the batch. */
  readonly own: ListedExamples;
  /** What the step was fed beside the batch. */
  readonly extra: HostTensors;
}

/** Plain gradient descent, a hidden layer of four units, and feedback without any: what is made up is `W z + b`. */
async function thirdStep(kind: Kind, settings: Readonly<Record<string, unknown>>): Promise<Step> {
  const { method } = await loadMethod('bi-r');
  const candidates = kind === 'task-incremental' ? 'current' : 'all';
  let extra: HostTensors = {};
  let order: readonly number[] = [];
  const opened = await openLearner({
    method: {
      ...method,
      composeBatch(rows, context) {
        method.composeBatch?.(rows, context);
        extra = Object.fromEntries(
          Object.entries(context.extra).map(([name, tensor]) => [name, copyOf(tensor as HostTensor)]),
        );
        order = rows.own.map(({ row }) => row);
      },
    },
    tasks: [1, 2, 3].map((index) =>
      madeUpTask(index, [2 * index - 2, 2 * index - 1], { shape: [5], count: 24 }),
    ),
    settings: { hidden: [], latent, replayBatch: 7, gates: 'none', ...settings },
    scenario: {
      kind,
      candidates: { train: candidates, test: candidates },
      taskIdentity: { train: true, test: kind === 'task-incremental' },
    },
    backbone: { name: 'mlp', hidden: [4] },
    training: { updates: 1, batchSize: 24, learningRate },
  });
  const { learner, stream } = opened;
  await learn(opened, 1);
  await learn(opened, 2);
  const task = stream.tasks[2];
  if (!task) throw new Error('There is no third task.');
  learner.forgetTask();
  await learner.method.beginTask?.(learner, task);
  const past = { ...learner.parameters };
  // Away from the teacher: where both agree soft answers have no gradient.
  const { data } = learner.parameter('head.bias');
  learner.setParameter(
    'head.bias',
    float32(
      Float32Array.from(data, (value, at) => value + Math.cos(at)),
      [6],
    ),
  );
  const before = { ...learner.parameters };
  await trainOn(opened, 3);
  const own = (task.train as ListedExamples).picked(order);
  return { before, after: { ...learner.parameters }, past, own, extra };
}

/** The gradient that a step descended. */
function gradientOf({ before, after }: Step, name: string): number[] {
  const now = after[name]?.data ?? [];
  return [...(before[name]?.data ?? [])].map((value, at) => (value - (now[at] ?? 0)) / learningRate);
}

/** Rows of a tensor as lists. */
function rowsOf({ data, shape }: HostTensor): number[][] {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => [...data.slice(row * columns, (row + 1) * columns)]);
}

function layerOf(parameters: HostTensors, name: string, scale = 1): LinearModel {
  const [weight = [], bias = Array(latent).fill(0)] = ['weight', 'bias'].map((part) => {
    const tensor = parameters[`${name}.${part}`];
    return tensor && [...tensor.data].map((value) => value * scale);
  });
  return linearModel(weight, bias);
}

/** `W x + b` */
function through({ weight, bias }: LinearModel, input: readonly number[]): number[] {
  return bias.map((value, output) =>
    (weight[output] ?? []).reduce((sum, of, at) => sum + of * (input[at] ?? 0), value),
  );
}

/** What the hidden layer makes of an input. */
function featuresOf(parameters: HostTensors, input: readonly number[]): number[] {
  return through(layerOf(parameters, 'layers.0'), input).map((value) => Math.max(0, value));
}

/** Probabilities of the logits over a temperature, among candidates. */
function answersOf(
  parameters: HostTensors,
  input: readonly number[],
  candidates: readonly number[],
  temperature: number,
): number[] {
  return probabilities(
    layerOf(parameters, 'head', 1 / temperature),
    featuresOf(parameters, input),
    candidates,
  );
}

/** The classes of the made-up rows, if they have any. */
function classesOf({ extra }: Step): number[] {
  return extra.class ? rowsOf(extra.class).map((row) => row.indexOf(1)) : [];
}

/** The made-up inputs: of the normal of a row's class, or of the standard normal. */
function madeUp(step: Step): number[][] {
  const { past, extra } = step;
  const classes = classesOf(step);
  return rowsOf(extra.prior as HostTensor).map((noise, row) => {
    const z = noise.map((value, at) => {
      const place = latent * (classes[row] ?? 0) + at;
      if (classes.length === 0) return value;
      const deviation = Math.exp((past['prior.logVariance']?.data[place] ?? 0) / 2);
      return (past['prior.mean']?.data[place] ?? 0) + deviation * value;
    });
    return through(layerOf(past, 'generator.output'), z);
  });
}

const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
const outputs = [0, 1, 2, 3, 4, 5];
const pastHeads = [
  [0, 1],
  [2, 3],
];

describe('what brain-inspired replay descends', () => {
  it.each([
    ['answers of all outputs', { prior: 'standard' }, 'class-incremental', [outputs], 2, 1, 1 / 3],
    [
      'T = 3, T² and a constant share',
      { prior: 'standard', temperature: 3, temperatureSquared: true, weighting: 'ratio', ratio: 0.3 },
      'class-incremental',
      [outputs],
      3,
      9,
      0.3,
    ],
    ['the mean over past heads', { prior: 'standard' }, 'task-incremental', pastHeads, 2, 1, 1 / 3],
    ['the head of the class', { prior: 'per-class' }, 'task-incremental', 'of the class', 2, 1, 1 / 3],
  ] as const)(
    'is r · CE + (1 − r) · D at the head with %s',
    async (_what, settings, kind, heads, temperature, factor, share) => {
      const step = await thirdStep(kind, settings);
      const { before, past, own } = step;
      const classes = classesOf(step);
      const candidates = kind === 'task-incremental' ? [4, 5] : outputs;
      const current = own.inputs.map((input, row) =>
        answersOf(before, input, candidates, 1).map((p, output) => p - (own.labels[row] === output ? 1 : 0)),
      );
      // The gradient of −q log p at a logit: (p − q) / T.
      const replayed = madeUp(step).map((input, row) => {
        const old =
          heads === 'of the class' ? pastHeads.filter((head) => head.includes(classes[row] ?? -1)) : heads;
        const each = old.map((head) => {
          const q = answersOf(past, input, head, temperature);
          return answersOf(before, input, head, temperature).map((p, at) => (p - (q[at] ?? 0)) / temperature);
        });
        return outputs.map((output) => mean(each.map((errors) => errors[output] ?? 0)));
      });
      const right = outputs.map(
        (output) =>
          share * mean(current.map((errors) => errors[output] ?? 0)) +
          (1 - share) * factor * mean(replayed.map((errors) => errors[output] ?? 0)),
      );
      expectClose(gradientOf(step, 'head.bias'), right, 1e-4);
    },
  );

  it('is r · V + (1 − r) · V at the feedback, made-up rows being judged by the mixture with weights q', async () => {
    const step = await thirdStep('class-incremental', { prior: 'per-class', temperature: 2 });
    const { before, past, own, extra } = step;
    const [centres, spreads] = ['prior.mean', 'prior.logVariance'].map((name) =>
      rowsOf(before[name] as HostTensor),
    ) as [number[][], number[][]];
    /** The gradients of one row's V at the output's bias and at the means of the prior. */
    const slopes = (input: readonly number[], noise: readonly number[], weights: readonly number[]) => {
      const features = featuresOf(before, input);
      const logVariance = through(layerOf(before, 'generator.logVariance'), features);
      const z = through(layerOf(before, 'generator.mean'), features).map(
        (value, at) => value + Math.exp((logVariance[at] ?? 0) / 2) * (noise[at] ?? 0),
      );
      const bias = through(layerOf(before, 'generator.output'), z).map(
        (value, at) => (value - (input[at] ?? 0)) / 5,
      );
      const pulls = centres.map((centre, mode) =>
        z.map((value, at) => (value - (centre[at] ?? 0)) / Math.exp(spreads[mode]?.[at] ?? 0)),
      );
      const densities = centres.map((centre, mode) =>
        z.reduce((product, value, at) => {
          const variance = Math.exp(spreads[mode]?.[at] ?? 0);
          return (
            (product * Math.exp(-((value - (centre[at] ?? 0)) ** 2) / 2 / variance)) / Math.sqrt(variance)
          );
        }, weights[mode] ?? 0),
      );
      const total = densities.reduce((sum, density) => sum + density, 0);
      const means = pulls.flatMap((pull, mode) =>
        pull.map((value) => (-value * (densities[mode] ?? 0)) / total / 5),
      );
      return { bias, means };
    };
    const noise = {
      current: rowsOf(extra.current as HostTensor),
      replayed: rowsOf(extra.replayed as HostTensor),
    };
    const current = own.inputs.map((input, row) =>
      slopes(
        input,
        noise.current[row] ?? [],
        outputs.map((output) => (own.labels[row] === output ? 1 : 0)),
      ),
    );
    const replayed = madeUp(step).map((input, row) =>
      slopes(input, noise.replayed[row] ?? [], answersOf(past, input, outputs, 2)),
    );
    for (const [name, part] of [
      ['generator.output.bias', 'bias'],
      ['prior.mean', 'means'],
    ] as const) {
      const found = gradientOf(step, name);
      const right = found.map(
        (_, at) =>
          (1 / 3) * mean(current.map((row) => row[part][at] ?? 0)) +
          (2 / 3) * mean(replayed.map((row) => row[part][at] ?? 0)),
      );
      expectClose(found, right, 1e-4);
    }
    expect(new Set(classesOf(step)).size).toBeGreaterThan(1);
  });
});
