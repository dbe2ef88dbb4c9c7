import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { distilledHeads, lossWeights } from '../../methods/lwf.ts';
import { expectClose } from '../support/closeness.ts';
import { type LinearModel, linearModel, probabilities } from '../support/linear-model.ts';
import { type ListedExamples, type ListedTask, madeUpTask } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const learningRate = 0.1;
const outputs = [0, 1, 2, 3, 4, 5];
const plain = { weighting: 'alpha', alpha: 1, temperature: 2, temperatureSquared: false } as const;

interface Options {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly candidates?: 'all' | 'seen' | 'current';
  readonly kind?: 'class-incremental' | 'task-incremental';
  /** Whether all tasks have the same two outputs. */
  readonly shared?: boolean;
  readonly method?: string;
}

/** Three tasks, a linear model, one step a task. */
async function open({
  settings = {},
  candidates = 'all',
  kind = 'class-incremental',
  shared = false,
  method = 'lwf',
}: Options) {
  const form = { shape: [5], count: 24 };
  const pairs = shared ? [0, 0, 0] : [0, 2, 4];
  const told = kind === 'task-incremental';
  const tasks = pairs.map((first, index): ListedTask => madeUpTask(index + 1, [first, first + 1], form));
  return openLearner({
    method: (await loadMethod(method)).method,
    tasks,
    settings,
    scenario: {
      kind,
      candidates: { train: candidates, test: told ? candidates : 'all' },
      taskIdentity: { train: true, test: told },
    },
    backbone: { name: 'mlp', hidden: [] },
    training: { updates: 1, batchSize: 24, learningRate },
  });
}

function modelOf({ learner }: Opened): LinearModel {
  return linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
}

/** Moves the model away from its teacher: where both agree the distillation has no gradient. */
function disturb({ learner }: Opened): void {
  for (const [name, { data, shape }] of Object.entries(learner.parameters)) {
    const moved = Float32Array.from(data, (value, index) => value + Math.cos(index));
    learner.setParameter(name, float32(moved, shape));
  }
}

function cooled({ weight, bias }: LinearModel, temperature: number): LinearModel {
  return {
    weight: weight.map((row) => row.map((value) => value / temperature)),
    bias: bias.map((value) => value / temperature),
  };
}

/** How far the biases move in one step beyond fine-tuning: `−η v · mean Σ_heads (p − q) / T`. */
function distilledStep(
  [student, teacher]: [LinearModel, LinearModel],
  { inputs }: ListedExamples,
  heads: readonly { readonly student: readonly number[]; readonly teacher: readonly number[] }[],
  factor: number,
  temperature: number,
): number[] {
  return student.bias.map((_, output) => {
    const gradients = inputs.map((input) =>
      heads.reduce((sum, head) => {
        const p = probabilities(cooled(student, temperature), input, head.student)[output] ?? 0;
        const q = probabilities(cooled(teacher, temperature), input, head.teacher)[output] ?? 0;
        return sum + (p - q) / temperature;
      }, 0),
    );
    const mean = gradients.reduce((sum, gradient) => sum + gradient, 0) / inputs.length;
    return -learningRate * factor * mean;
  });
}

const all = { student: outputs, teacher: outputs };

describe('learning without forgetting', () => {
  it.each([
    ['all outputs', { candidates: 'all' }, [all], 1],
    ['classes seen', { candidates: 'seen' }, [{ student: outputs, teacher: [0, 1, 2, 3] }], 1],
    [
      'heads of past tasks',
      { candidates: 'current', kind: 'task-incremental' },
      [
        { student: [0, 1], teacher: [0, 1] },
        { student: [2, 3], teacher: [2, 3] },
      ],
      1,
    ],
    ['T² and α', { settings: { alpha: 3, temperatureSquared: true, temperature: 1.5 } }, [all], 3 * 1.5 ** 2],
  ] as const)('descends Σ (p − q) / T of %s beside the labels', async (_what, options, heads, factor) => {
    const opened = await open(options);
    await learn(opened, 1);
    await learn(opened, 2);
    const teacher = modelOf(opened);
    disturb(opened);
    const student = modelOf(opened);
    const free = await open({ ...options, settings: {}, method: 'finetune' });
    for (const [name, tensor] of Object.entries(opened.learner.parameters))
      free.learner.setParameter(name, tensor);
    await trainOn(free, 3);
    const task = opened.stream.tasks[2] as ListedTask;
    await opened.learner.method.beginTask?.(opened.learner, task);
    await trainOn(opened, 3);
    const [held, loose] = [modelOf(opened).bias, modelOf(free).bias];
    const found = held.map((value, output) => value - (loose[output] ?? 0));
    const temperature = opened.learner.settings.temperature as number;
    const right = distilledStep([student, teacher], task.train, heads, factor, temperature);
    expectClose(found, right, 1e-4);
  });

  it('is fine-tuning in the first task', async () => {
    const [free, held] = [await open({ method: 'finetune' }), await open({})];
    await learn(free, 1);
    await learn(held, 1);
    expect(valuesOf(held.learner.parameters)).toEqual(valuesOf(free.learner.parameters));
  });

  it('weights the current loss by 1/k in the weighting by share', async () => {
    const opened = await open({ settings: { weighting: 'by-share' } });
    const free = await open({ method: 'finetune' });
    await learn(opened, 1);
    const start = valuesOf(opened.learner.parameters)['head.bias'] ?? [];
    for (const [name, tensor] of Object.entries(opened.learner.parameters))
      free.learner.setParameter(name, tensor);
    await trainOn(free, 2);
    await learn(opened, 2);
    // Student and teacher are the same before the step, so it is that of the labels alone.
    const [held, loose] = [modelOf(opened).bias, modelOf(free).bias];
    expectClose(
      start.map((value, output) => (held[output] ?? 0) - value),
      start.map((value, output) => ((loose[output] ?? 0) - value) / 2),
      1e-4,
    );
  });

  it('keeps a copy of the model between tasks and nothing else', async () => {
    const opened = await open({ candidates: 'current', kind: 'task-incremental' });
    for (const index of [1, 2, 3]) {
      await learn(opened, index);
      expect(opened.learner.keptBytes).toBe(4 * opened.learner.totalParameters);
      for (const [name, values] of Object.entries(valuesOf(opened.learner.parameters)))
        expect([...(opened.learner.kept[`teacher.${name}`]?.data ?? [])]).toEqual(values);
    }
  });
});

describe('the heads that are distilled', () => {
  it.each([
    ['all', false, 1],
    ['seen', false, 1],
    ['current', false, 2],
    ['all', true, 1],
    ['current', true, 1],
  ] as const)('in task 3 with candidates %s (outputs shared: %s): %s', async (candidates, shared, count) => {
    const { learner } = await open({ candidates, shared });
    expect(distilledHeads(learner.protocol, 3)).toHaveLength(count);
  });
});

describe('the weights of the losses in task 4', () => {
  const byScenario = { ...plain, weighting: 'by-scenario' } as const;
  const byShare = { ...plain, weighting: 'by-share', temperatureSquared: true } as const;
  it.each([
    ['2022, classes', byScenario, 'class-incremental', 1, [1, 1]],
    ['2022, domains', byScenario, 'domain-incremental', 1, [1, 3]],
    ['2022, tasks (three heads, each once)', byScenario, 'task-incremental', 3, [1, 1]],
    ['2018 and 2019, classes', byShare, 'class-incremental', 1, [1 / 4, 3]],
    ['2018 and 2019, tasks (mean over heads)', byShare, 'task-incremental', 3, [1 / 4, 1]],
    ['α', { ...plain, alpha: 0.3 }, 'class-incremental', 1, [1, 0.3]],
  ] as const)('are those of %s', (_what, settings, kind, heads, right) => {
    expectClose(lossWeights(settings, kind, 4, heads), right, 1e-12);
  });
});
