import type { Program } from '../engine/program.ts';
import type { HostTensor } from '../engine/tensor.ts';
import { Random } from '../random.ts';
import { emptyFeeds, writeBatch } from '../train/batch-rows.ts';
import type { ExampleReference } from '../train/example-memory.ts';
import { answerLogits, batchInputs, modelState, specsOf } from '../train/model-programs.ts';
import type { Rehearsal } from './rehearsal.ts';
import { failed, notApplicable, type Outcome, passed } from './result.ts';

/** Rows of a batch: fewer than a task's test examples, so that a task fills batches of its own. */
const rows = 20;
/** How many examples are asked for alone. */
const asked = 6;
/** What rounding may do: sums over rows are the same numbers in another order. Relative to the largest logit. */
const tolerance = 1e-4;
/** Logits below are those of outputs that are no candidates. */
const excluded = -1e8;

/** Whether an example's logits stay, whether it comes with its own task, with others, or alone. */
export async function batchMatesOutcome(rehearsal: Rehearsal): Promise<Outcome> {
  const examples = rehearsal.stream.tasks.flatMap(({ test, index }) =>
    Array.from({ length: test.count }, (_, row) => ({ examples: test, row, task: index })),
  );
  const ask = await answering(rehearsal);
  const inOrder = await askInBatches(ask, examples, rows);
  const all = inOrder.flat().filter((value) => value > excluded);
  const limit = tolerance * Math.max(0, ...all.map(Math.abs));
  if (!inOrder.some((row) => distance(row, inOrder[0] ?? []) > limit)) {
    return notApplicable(
      'it gives the same logits for every example, so that batch-mates could not change them',
    );
  }
  const order = [...new Random(1, 'check', 'batch-mates').permutation(examples.length)];
  const mixed = await askInBatches(
    ask,
    order.map((at) => examples[at] as ExampleReference),
    rows,
  );
  const alone = await askInBatches(
    ask,
    order.slice(0, asked).map((at) => examples[at] as ExampleReference),
    1,
  );
  for (const [answers, company] of [
    [mixed, 'in batches with examples of other tasks'],
    [alone, 'alone in their batch'],
  ] as const) {
    const worst = Math.max(...answers.map((row, at) => distance(row, inOrder[order[at] as number] ?? [])));
    if (worst > limit) {
      const change =
        worst === Number.POSITIVE_INFINITY ? 'are no numbers' : `change by up to ${worst.toPrecision(2)}`;
      return failed(
        `Logits of test examples ${change} when they come ${company} instead of with their ` +
          'own task. Compute nothing over the rows of a batch in linear and predict, padding included.',
      );
    }
  }
  return passed;
}

/** Logits of up to {@link rows} examples that come in one batch, a row for each. */
type Ask = (batch: readonly ExampleReference[]) => Promise<number[][]>;

async function answering({ learner, engine, stream }: Rehearsal): Promise<Ask> {
  const program: Program = {
    name: `logits ${learner.method.name}`,
    inputs: batchInputs(learner.protocol, rows, false),
    state: specsOf(modelState(learner)),
    frozen: learner.frozen(),
    run: (tensors) => ({ logits: answerLogits(learner, tensors) }),
  };
  const compiled = await engine.compile(program);
  return async (batch) => {
    const state = engine.createState(modelState(learner));
    try {
      const feeds = emptyFeeds({ ...program.inputs, weights: { shape: [rows], dtype: 'float32' } });
      writeBatch(batch, (task) => learner.protocol.candidates('test', task, stream.tasks.length), feeds);
      const { weights: _padding, ...given } = feeds;
      const { logits } = (await compiled.run(given, state)) as { logits: HostTensor };
      const width = logits.shape[1] as number;
      return batch.map((_, row) => [...logits.data.slice(row * width, (row + 1) * width)]);
    } finally {
      state.dispose();
    }
  };
}

async function askInBatches(
  ask: Ask,
  examples: readonly ExampleReference[],
  size: number,
): Promise<number[][]> {
  const answers: number[][] = [];
  for (let first = 0; first < examples.length; first += size) {
    answers.push(...(await ask(examples.slice(first, first + size))));
  }
  return answers;
}

/** The largest difference: none of values that are both no numbers, infinite where one alone is. */
function distance(one: readonly number[], other: readonly number[]): number {
  const differences = one.map((value, at) => {
    const mate = other[at] ?? Number.NaN;
    if (Object.is(value, mate)) return 0;
    return Number.isNaN(value) || Number.isNaN(mate) ? Number.POSITIVE_INFINITY : Math.abs(value - mate);
  });
  return Math.max(...differences);
}
