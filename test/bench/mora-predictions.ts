/**
 * `node --import tsx test/bench/mora-predictions.ts`: times predictions of MoRA after 10, 20, 50 and 100 tasks on one
 * thread, with all values in one product and with the values of the cells that act gathered. Times are of the
 * processor; only ratios from one run mean something.
 */
import Table from 'cli-table3';
import { Bench } from 'tinybench';
import { float32 } from '../../harness/engine/tensor.ts';
import { Random } from '../../harness/random.ts';
import { emptyFeeds } from '../../harness/train/batch-rows.ts';
import type { Learner } from '../../harness/train/learner.ts';
import { modelState, predictionProgram } from '../../harness/train/model-programs.ts';
import { learnerOf, openSingleThreaded, processorTime } from './steps.ts';

const batch = 250;
const step = {
  backbone: { name: 'vit', patch: 7, width: 128, depth: 6, heads: 4 },
  inputShape: [1, 28, 28],
  batch,
} as const;
const engine = await openSingleThreaded('onnx');
const random = new Random(0, 'bench');

/** Cells as after so many tasks of rank 16, with random keys and values. */
function fillBanks(learner: Learner, tasks: number): void {
  for (const [name, { shape }] of Object.entries(learner.parameters)) {
    const [outputs, inputs] = shape as [number, number];
    if (!/\.(qkv|proj|fc1|fc2)\.weight$/.test(name) || name.startsWith('patch_embed')) continue;
    const layer = name.replace(/\.weight$/, '');
    const cells = (of: number[]) =>
      float32(
        Float32Array.from({ length: (of[0] as number) * (of[1] as number) }, () => 0.05 * random.normal()),
        of,
      );
    learner.setParameter(`${layer}.mora_bank_A`, cells([16 * tasks, inputs]));
    learner.setParameter(`${layer}.mora_bank_B`, cells([outputs, 16 * tasks]));
  }
}

async function preparePredictions(
  method: string,
  tasks: number,
  settings = {},
): Promise<() => Promise<unknown>> {
  const learner = await learnerOf(engine, { ...step, method }, settings);
  if (tasks > 0) fillBanks(learner, tasks);
  const program = predictionProgram(learner, batch);
  const compiled = await engine.compile(program);
  const state = engine.createState(modelState(learner));
  const feeds = emptyFeeds(program.inputs);
  feeds.inputs?.data.forEach((_, index, data) => {
    data[index] = random.normal();
  });
  feeds.candidates?.data.fill(1);
  return () => compiled.run(feeds, state);
}

async function milliseconds(call: () => Promise<unknown>): Promise<number> {
  const bench = new Bench({ iterations: 4, time: 0, warmupIterations: 1, warmupTime: 0, now: processorTime });
  bench.add('call', async () => {
    await call();
  });
  const [task] = await bench.run();
  const result = task?.result;
  if (!result || !('latency' in result)) throw new Error('The predictions could not be timed.');
  return result.latency.min;
}

const plain = await milliseconds(await preparePredictions('linear-probe', 0));
const table = new Table({
  head: ['tasks', 'cells a matrix', 'dense', 'sparse', 'sparse / dense'],
  style: { head: [] },
});
for (const tasks of [10, 20, 50, 100]) {
  const dense = await milliseconds(await preparePredictions('mora', tasks, { inference: 'dense' }));
  const sparse = await milliseconds(await preparePredictions('mora', tasks, { inference: 'sparse' }));
  table.push([
    tasks,
    16 * tasks,
    `${(dense / plain).toFixed(2)} ×`,
    `${(sparse / plain).toFixed(2)} ×`,
    (sparse / dense).toFixed(2),
  ]);
}
console.log(
  `Predictions for ${batch} images of 28 × 28, ViT of width 128 and depth 6; multiples of the plain ViT's time.`,
);
console.log(table.toString());
await engine.dispose();
