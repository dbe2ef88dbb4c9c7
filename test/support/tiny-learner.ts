import type { Tensor } from '@tensorflow/tfjs-core';
import { onTestFinished } from 'vitest';
import { openBackbone } from '../../harness/backbones/open-backbone.ts';
import { openEngine } from '../../harness/engine/open-engine.ts';
import type { Engine } from '../../harness/engine/program.ts';
import type { HostTensors } from '../../harness/engine/tensor.ts';
import { type Seeds, seedsFrom } from '../../harness/random.ts';
import { validateScenario } from '../../harness/stream/load-scenario.ts';
import type { BackboneSpec, Scenario, Training } from '../../harness/stream/scenario.ts';
import type { Task, TaskStream } from '../../harness/stream/stream.ts';
import { emptyFeeds, writeBatch } from '../../harness/train/batch-rows.ts';
import { Learner, type SummingProgress } from '../../harness/train/learner.ts';
import { predict } from '../../harness/train/loop/measure.ts';
import { trainTask } from '../../harness/train/loop/train-task.ts';
import type { Batch, Method } from '../../harness/train/method.ts';
import { batchInputs, modelState, runModel, scopeOf, specsOf } from '../../harness/train/model-programs.ts';
import { protocolOf } from '../../harness/train/protocol.ts';
import { resolveSettings } from '../../harness/train/registry/settings.ts';
import type { ListedExamples } from './tiny-data.ts';

/** What a learner of a test is made of; what is left out is small and plain. */
export interface LearnerOptions {
  readonly method: Method;
  readonly tasks: readonly Task[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly backbone?: BackboneSpec;
  readonly training?: Partial<Training>;
  readonly scenario?: Partial<Pick<Scenario, 'kind' | 'candidates' | 'taskIdentity'>>;
  readonly seeds?: Partial<Seeds>;
}

/** A learner with all that it takes to train it. */
export interface Opened {
  readonly learner: Learner;
  readonly engine: Engine;
  readonly stream: TaskStream;
  /** What was logged. */
  readonly events: Record<string, unknown>[];
  /** What was reported of work beside the training. */
  readonly reports: SummingProgress[];
}

/** A prepared learner on an engine of its own, which the test's end disposes of. */
export async function openLearner(options: LearnerOptions): Promise<Opened> {
  const { method, tasks } = options;
  const engine = await openEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  onTestFinished(() => engine.dispose());
  const { scenario, settings } = resolveSettings(tinyScenario(options), method, options.settings ?? {});
  const stream = streamOf(scenario, tasks);
  const events: Record<string, unknown>[] = [];
  const reports: SummingProgress[] = [];
  const learner = new Learner({
    method,
    settings,
    backbone: openBackbone(scenario.backbone, stream.inputShape, stream.outputs),
    engine,
    protocol: protocolOf(stream, method.needs?.pastData),
    seeds: seedsFrom(1, options.seeds),
    log: (event) => events.push(event),
    report: (progress) => reports.push(progress),
  });
  await method.prepare?.(learner);
  return { learner, engine, stream, events, reports };
}

/** Trains on a task as a run does. @param index from 1 */
export async function learn(opened: Opened, index: number): Promise<void> {
  const task = taskAt(opened, index);
  opened.learner.forgetTask();
  await opened.learner.method.beginTask?.(opened.learner, task);
  await trainOn(opened, index);
  await opened.learner.method.endTask?.(opened.learner, task);
  opened.learner.forgetTask();
}

/** The part of {@link learn} between the method's hooks. */
export async function trainOn(opened: Opened, index: number): Promise<void> {
  const { learner, engine, stream } = opened;
  const { training } = stream.scenario;
  const past = learner.method.needs?.pastData ? stream.tasks.slice(0, index - 1) : [];
  await trainTask({ learner, engine, training, task: taskAt(opened, index), past }, () => {});
}

/** Answers for examples of a task after so many tasks. */
export async function answers(
  { learner, engine }: Opened,
  examples: ListedExamples,
  task: number,
  after: number,
): Promise<number[]> {
  const state = engine.createState(modelState(learner));
  try {
    return [...(await predict(learner, engine, state, { examples, task, after }))];
  } finally {
    state.dispose();
  }
}

/** The head's outputs for examples, row after row. */
export async function logitsOf({ learner, engine }: Opened, examples: ListedExamples): Promise<number[]> {
  const program = {
    name: 'logits',
    inputs: batchInputs(learner.protocol, examples.count, true),
    state: specsOf(modelState(learner)),
    frozen: learner.frozen(),
    run: (tensors: Record<string, Tensor>) => {
      const { rawLogits } = runModel(learner, tensors as unknown as Batch, scopeOf(learner, tensors, false));
      return { logits: rawLogits };
    },
  };
  const feeds = emptyFeeds(program.inputs);
  const rows = Array.from({ length: examples.count }, (_, row) => ({ examples, row, task: 1 }));
  writeBatch(rows, () => new Float32Array(learner.protocol.outputs).fill(1), feeds);
  const compiled = await engine.compile(program);
  const { logits } = await compiled.run(feeds, engine.createState(modelState(learner)));
  return [...(logits?.data ?? [])];
}

/** Values of tensors by name, as plain numbers. */
export function valuesOf(tensors: HostTensors): Record<string, number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));
}

function taskAt({ stream }: Opened, index: number): Task {
  const task = stream.tasks[index - 1];
  if (!task) throw new Error(`There is no task ${index}.`);
  return task;
}

function tinyScenario({ backbone, training, scenario }: LearnerOptions): Scenario {
  return validateScenario(
    {
      name: 'tiny',
      version: 1,
      kind: 'class-incremental',
      dataset: 'mnist',
      tasks: { by: 'classes', classesPerTask: 2 },
      classOrder: 'natural',
      labels: 'class',
      candidates: { train: 'all', test: 'all' },
      taskIdentity: { train: true, test: false },
      ...scenario,
      backbone: backbone ?? { name: 'mlp', hidden: [6] },
      training: {
        ...(training?.updates === undefined && { epochs: 1 }),
        batchSize: 8,
        incompleteBatch: 'keep',
        optimiser: 'sgd',
        learningRate: 0.1,
        ...training,
      },
    },
    'tiny',
  );
}

function streamOf(scenario: Scenario, tasks: readonly Task[]): TaskStream {
  return {
    scenario,
    inputShape: tasks[0]?.train.shape ?? [],
    outputs: 1 + Math.max(...tasks.flatMap(({ outputs }) => outputs)),
    tasks,
    dataset: { name: 'tiny', revision: '1', licence: 'none', source: 'made up', sha256: '' },
    order: tasks.map(({ index }) => index - 1),
  };
}
