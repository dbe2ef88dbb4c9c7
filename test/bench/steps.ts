import { matMul } from '@tensorflow/tfjs-core';
import { openBackbone } from '../../harness/backbones/open-backbone.ts';
import { openEngine } from '../../harness/engine/open-engine.ts';
import type { Engine, EngineName } from '../../harness/engine/program.ts';
import { float32, type HostTensors } from '../../harness/engine/tensor.ts';
import { unroll } from '../../harness/engine/unroll.ts';
import { adam, initialMoments } from '../../harness/nn/optimisers.ts';
import { Random, seedsFrom } from '../../harness/random.ts';
import type { BackboneSpec } from '../../harness/stream/scenario.ts';
import { emptyFeeds } from '../../harness/train/batch-rows.ts';
import { Learner } from '../../harness/train/learner.ts';
import { modelState } from '../../harness/train/model-programs.ts';
import type { Protocol } from '../../harness/train/protocol.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { defaultsOf } from '../../harness/train/registry/settings.ts';
import { trainingProgram } from '../../harness/train/training-programs.ts';

/** A training step to be timed: the harness's own program, from a method and a backbone. */
export interface StepCase {
  readonly method: string;
  readonly backbone: BackboneSpec;
  readonly inputShape: readonly number[];
  readonly batch: number;
}

/** The two steps that `torch_steps.py` times as well. */
export const stepCases = {
  mlp: { method: 'finetune', backbone: { name: 'mlp', hidden: [400, 400] }, inputShape: [784], batch: 128 },
  vit: {
    method: 'lora',
    backbone: { name: 'vit', patch: 8, width: 192, depth: 6, heads: 3 },
    inputShape: [3, 64, 64],
    batch: 32,
  },
} as const satisfies Record<string, StepCase>;

const outputs = 10;

/** An engine on one thread. */
export function openSingleThreaded(name: EngineName): Promise<Engine> {
  return openEngine({ name, device: 'cpu', threads: 1 });
}

/** Compiles the step, several to a call, and gives a function that runs one call. */
export async function prepareStep(
  engine: Engine,
  step: StepCase,
  stepsPerCall: number,
): Promise<() => Promise<unknown>> {
  const learner = await learnerOf(engine, step);
  const optimiser = adam({ momentum: 0, weightDecay: 0 });
  learner.moments = initialMoments(optimiser, learner.trained());
  const program = unroll(
    trainingProgram(learner, optimiser, { own: step.batch, added: 0, extra: {} }),
    stepsPerCall,
  );
  const compiled = await engine.compile(program);
  const state = engine.createState({ ...modelState(learner), ...learner.moments });
  const feeds = filledFeeds(emptyFeeds(program.inputs));
  return () => compiled.run(feeds, state);
}

/** A product of two square matrices, for the machine's limit. */
export async function prepareProduct(engine: Engine, size: number): Promise<() => Promise<unknown>> {
  const random = new Random(0, 'product');
  const matrix = () =>
    float32(
      Float32Array.from({ length: size * size }, () => random.normal()),
      [size, size],
    );
  const [a, b] = [matrix(), matrix()];
  const spec = { shape: [size, size], dtype: 'float32' } as const;
  const run: Parameters<Engine['compile']>[0]['run'] = (tensors) => ({
    product: matMul(tensors.a ?? raise(), tensors.b ?? raise()),
  });
  const compiled = await engine.compile({ name: 'product', inputs: { a: spec, b: spec }, run });
  return () => compiled.run({ a, b });
}

/** Processor time of this process in milliseconds: what other programs take does not count. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A prepared learner for a step. @param settings of the method that are not its defaults */
export async function learnerOf(
  engine: Engine,
  step: StepCase,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Learner> {
  const { method } = await loadMethod(step.method);
  const candidates = new Float32Array(outputs).fill(1);
  const protocol: Protocol = {
    kind: 'class-incremental',
    outputs,
    tasks: 1,
    scenarioTasks: 1,
    inputShape: step.inputShape,
    inputs: { shape: step.inputShape, encoding: { storage: 'float32', scale: [1], offset: [0] } },
    taskIdentity: { train: false, test: false },
    candidates: () => candidates,
    rowCandidates: () => candidates,
  };
  const learner = new Learner({
    method,
    settings: { ...defaultsOf(method), ...settings },
    backbone: openBackbone(step.backbone, step.inputShape, outputs),
    engine,
    protocol,
    seeds: seedsFrom(0),
    log: () => {},
  });
  await method.prepare?.(learner);
  return learner;
}

function filledFeeds(feeds: HostTensors): HostTensors {
  const random = new Random(0, 'feeds');
  feeds.inputs?.data.forEach((_, index, data) => {
    data[index] = random.normal();
  });
  feeds.labels?.data.forEach((_, index, data) => {
    data[index] = index % outputs;
  });
  for (const name of ['weights', 'candidates']) feeds[name]?.data.fill(1);
  feeds.stepSize?.data.fill(1e-3);
  feeds.epsilon?.data.fill(1e-8);
  return feeds;
}

function raise(): never {
  throw new Error('The product was called without its matrices.');
}
