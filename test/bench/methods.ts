/**
 * `npm run bench:methods [-- names…]`: times a training step of each method on `vit-glyphs`, in the second task of
 * `glyphs-scripts-class`, where banks, frozen directions and penalties of the first are there. One thread; what counts is
 * the ratio to a LoRA step on the same layers. Times are of the processor, so that other programs disturb little.
 */
import Table from 'cli-table3';
import { Bench } from 'tinybench';
import { openBackbone } from '../../harness/backbones/open-backbone.ts';
import { openEngine } from '../../harness/engine/open-engine.ts';
import type { Engine } from '../../harness/engine/program.ts';
import { seedsFrom } from '../../harness/random.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import type { Training } from '../../harness/stream/scenario.ts';
import type { Task, TaskStream } from '../../harness/stream/stream.ts';
import { Learner } from '../../harness/train/learner.ts';
import { trainTask } from '../../harness/train/loop/train-task.ts';
import type { Method } from '../../harness/train/method.ts';
import { protocolOf } from '../../harness/train/protocol.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { resolveSettings } from '../../harness/train/registry/settings.ts';
import { processorTime } from './steps.ts';

const batchSize = 64;
/** Steps of one timing; refreshes that happen every so many steps are spread over them. */
const steps = 20;
const rounds = 5;

const targets = ['qkv', 'attn.proj', 'fc1', 'fc2'];
const quickFisher = { fisherExamples: 20, fisherLabels: 'true' };
const cases: readonly (readonly [
  name: string,
  method: string,
  settings: Readonly<Record<string, unknown>>,
])[] = [
  ['lora', 'lora', { targets, rank: 16 }],
  ['finetune', 'finetune', {}],
  ['ewc', 'ewc', quickFisher],
  ['mora', 'mora', { targets }],
  ['codyra', 'codyra', { targets }],
  ['coso', 'coso', { targets }],
  ['osft', 'osft', { targets }],
  ['inc-lora', 'inc-lora', { targets }],
  ['o-lora', 'o-lora', { targets }],
  ['inf-lora', 'inf-lora', { targets }],
  ['linear-probe', 'linear-probe', {}],
];

/** A learner that has learned the first task, and what it trains with. */
interface Prepared {
  readonly learner: Learner;
  readonly training: Training;
}

async function prepare(
  engine: Engine,
  stream: TaskStream,
  method: Method,
  given: Readonly<Record<string, unknown>>,
): Promise<Prepared> {
  const { scenario, settings } = resolveSettings(stream.scenario, method, given);
  const learner = new Learner({
    method,
    settings,
    backbone: openBackbone(scenario.backbone, stream.inputShape, stream.outputs),
    engine,
    protocol: protocolOf(stream),
    seeds: seedsFrom(1),
    log: () => {},
  });
  await method.prepare?.(learner);
  const { epochs: _epochs, ...rest } = scenario.training;
  const training = { ...rest, batchSize, updates: steps } as Training;
  const [first, second] = stream.tasks as [Task, Task];
  await method.beginTask?.(learner, first);
  await train(engine, { learner, training }, first);
  await method.endTask?.(learner, first);
  learner.scratch.clear();
  await method.beginTask?.(learner, second);
  return { learner, training };
}

function train(engine: Engine, { learner, training }: Prepared, task: Task): Promise<void> {
  return trainTask({ learner, engine, training, task, past: [] }, () => {});
}

async function millisecondsOf(
  stream: TaskStream,
  name: string,
  given: Readonly<Record<string, unknown>>,
): Promise<number> {
  const engine = await openEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  const { method } = await loadMethod(name);
  const prepared = await prepare(engine, stream, method, given);
  const second = stream.tasks[1] as Task;
  const bench = new Bench({
    iterations: rounds,
    time: 0,
    warmupIterations: 1,
    warmupTime: 0,
    now: processorTime,
  });
  bench.add(name, () => train(engine, prepared, second));
  const [task] = await bench.run();
  await engine.dispose();
  const result = task?.result;
  if (!result || !('latency' in result))
    throw new Error(`${name} could not be timed: ${JSON.stringify(result)}`);
  return result.latency.min / steps;
}

const scenario = await loadScenario('glyphs-scripts-class');
const stream = await openStream(scenario, { classOrderSeed: 1, dataDirectory: 'data' });
const chosen = process.argv.slice(2);
const table = new Table({
  head: [`one step, ${batchSize} images, one thread`, 'ms', 'ratio to LoRA'],
  colAligns: ['left', 'right', 'right'],
  style: { head: [] },
});
let lora = Number.NaN;
for (const [name, method, settings] of cases) {
  if (name !== 'lora' && chosen.length > 0 && !chosen.includes(name)) continue;
  const milliseconds = await millisecondsOf(stream, method, settings);
  if (name === 'lora') lora = milliseconds;
  table.push([name, milliseconds.toFixed(1), (milliseconds / lora).toFixed(2)]);
}
console.log(table.toString());
