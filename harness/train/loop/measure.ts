import type { Engine, ProgramState } from '../../engine/program.ts';
import type { HostTensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import type { AccuracyCell } from '../../evaluate/accuracy-matrix.ts';
import type { Examples } from '../../stream/examples.ts';
import type { Task } from '../../stream/stream.ts';
import { emptyFeeds, writeBatch } from '../batch-rows.ts';
import type { Learner } from '../learner.ts';
import { modelState, noNumber, predictionProgram } from '../model-programs.ts';

/**
 * Rows of a prediction batch. The last batch is padded, so there is one
 * program for all: small, so that little is padded.
 */
const batchSize = 128;

/**
 * The row of the accuracy matrix after so many tasks: every task of the stream, seen or not.
 * @param measuredOn which examples of a task count
 */
export async function measureRow<Settings>(
  learner: Learner<Settings>,
  engine: Engine,
  tasks: readonly Task[],
  after: number,
  measuredOn: 'test' | 'validation',
): Promise<AccuracyCell[]> {
  const state = engine.createState(modelState(learner));
  try {
    const row: AccuracyCell[] = [];
    for (const task of tasks) {
      const examples = task[measuredOn];
      const predictions = await predict(learner, engine, state, {
        examples,
        task: task.index,
        after,
      });
      const correct = predictions.reduce(
        (total, prediction, index) => total + (prediction === examples.labels[index] ? 1 : 0),
        0,
      );
      row.push({ after, task: task.index, correct, total: examples.count });
    }
    return row;
  } finally {
    state.dispose();
  }
}

/** What is asked: the examples of one task after so many. */
export interface Question {
  readonly examples: Examples;
  readonly task: number;
  readonly after: number;
}

/**
 * Predicted outputs, one for each example; −1 where the scenario does not allow the right answers yet.
 * @param state holds the learner's model
 */
export async function predict<Settings>(
  learner: Learner<Settings>,
  engine: Engine,
  state: ProgramState,
  { examples, task, after }: Question,
): Promise<Int32Array> {
  const predictions = new Int32Array(examples.count).fill(-1);
  const candidates = learner.protocol.candidates('test', task, after);
  // Where no right answer is a candidate there is nothing to find out.
  if (!examples.labels.some((label) => candidates[label] === 1)) return predictions;
  const program = predictionProgram(learner, batchSize);
  const compiled = await engine.compile(program);
  const feeds = emptyFeeds(program.inputs);
  for (let first = 0; first < examples.count; first += batchSize) {
    const length = Math.min(batchSize, examples.count - first);
    const rows = Array.from({ length }, (_, index) => ({
      examples,
      row: first + index,
      task,
    }));
    writeBatch(rows, () => candidates, feeds);
    const { predictions: found } = (await compiled.run(feeds, state)) as { predictions: HostTensor };
    const answers = found.data.subarray(0, length);
    if (answers.includes(noNumber)) {
      throw new UserError(
        `Predictions of ${learner.method.name} are not numbers: after ${after} tasks, examples of task ${task} have logits that are NaN. ` +
          'Look for a division by 0 in the method, or lower the learning rate (--set training.learningRate=…).',
      );
    }
    predictions.set(answers, first);
  }
  return predictions;
}
