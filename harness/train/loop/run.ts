import type { Engine } from '../../engine/program.ts';
import type { AccuracyCell } from '../../evaluate/accuracy-matrix.ts';
import type { RunDirectory } from '../../record/run-directory.ts';
import type { OwnRunDefinition, RunCost } from '../../record/run-record.ts';
import { sizeOf } from '../../stream/examples.ts';
import { type Task, type TaskStream, type TrainingTask, withoutTest } from '../../stream/stream.ts';
import type { Learner } from '../learner.ts';
import type { CellEvent } from './cell.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { measureRow } from './measure.ts';
import { trainTask } from './train-task.ts';

/** What a run is made of. */
export interface RunParts {
  readonly learner: Learner;
  readonly engine: Engine;
  readonly stream: TaskStream;
  readonly directory: RunDirectory;
  readonly definition: OwnRunDefinition;
  readonly report: (event: CellEvent) => void;
}

const noCost: RunCost = {
  trainingSeconds: 0,
  evaluationSeconds: 0,
  peakMemory: 0,
  trainableParameters: 0,
  totalParameters: 0,
  keptBytes: 0,
  keptExamples: 0,
};

/**
 * The one loop of every run: measure, then for each task train, measure and save. What is on disk after a task is all that
 * is needed to go on from there, so a crash loses at most the task in progress.
 */
export class Run {
  readonly #parts: RunParts;
  #cost = noCost;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** Runs what is left to do and marks the record finished. */
  async toTheEnd(): Promise<void> {
    const { stream, directory, learner, report } = this.#parts;
    await learner.method.prepare?.(learner);
    const tasksDone = await this.#resume();
    report({
      kind: 'started',
      id: directory.id,
      tasks: stream.tasks.length,
      resumedAfter: tasksDone,
    });
    for (const task of stream.tasks.slice(tasksDone)) {
      await this.#train(task);
      if (learner.method.isMeasured?.(withoutTest(task), learner) ?? true) await this.#measure(task.index);
      this.#save(task.index);
    }
    directory.finish(this.#cost);
  }

  /** Goes back to the last finished task, or measures the untrained model. */
  async #resume(): Promise<number> {
    const { learner, directory } = this.#parts;
    const progress = loadCheckpoint(directory.checkpointPath, learner);
    if (progress) {
      this.#cost = progress.cost;
      directory.rewind(progress.tasksDone);
      return progress.tasksDone;
    }
    directory.rewind(0);
    await this.#measure(0);
    this.#save(0);
    return 0;
  }

  async #train(whole: Task): Promise<void> {
    const { learner, engine, stream, definition, directory, report } = this.#parts;
    const { method } = learner;
    const { tasks } = stream;
    const task = withoutTest(whole);
    const begun = performance.now();
    directory.addEvent({
      kind: 'task-started',
      task: task.index,
      name: task.name,
    });
    learner.forgetTask();
    await method.beginTask?.(learner, task);
    this.#cost = {
      ...this.#cost,
      trainableParameters: Math.max(this.#cost.trainableParameters, learner.trainableParameters),
    };
    const past = method.needs?.pastData ? tasks.slice(0, task.index - 1).map(withoutTest) : [];
    const job = { learner, engine, training: definition.training, task, past };
    await trainTask(job, (progress) => {
      const { epoch, epochs, loss } = progress;
      const done = (task.index - 1 + progress.done) / tasks.length;
      report({ kind: 'progress', task: task.index, epoch, epochs, loss, done });
    });
    await method.endTask?.(learner, task);
    learner.forgetTask();
    const trainingSeconds = this.#cost.trainingSeconds + (performance.now() - begun) / 1000;
    this.#cost = { ...this.#cost, trainingSeconds };
  }

  /** Writes the row of the matrix that stands after so many tasks. */
  async #measure(after: number): Promise<void> {
    const { learner, engine, stream, definition, directory, report } = this.#parts;
    const begun = performance.now();
    const row = await measureRow(learner, engine, stream.tasks, after, definition.measuredOn);
    const evaluationSeconds = this.#cost.evaluationSeconds + (performance.now() - begun) / 1000;
    this.#cost = { ...this.#cost, evaluationSeconds };
    if (!directory.cells.some((cell) => cell.after === after)) directory.addCells(row);
    report({ kind: 'evaluated', after, accuracy: meanOfSeen(row, after) });
  }

  #save(tasksDone: number): void {
    const { learner, directory, stream } = this.#parts;
    const past = learner.method.needs?.pastData ? stream.tasks.slice(0, tasksDone) : [];
    const pastExamples = past.reduce((total, { train }) => total + train.count, 0);
    this.#cost = {
      ...this.#cost,
      peakMemory: Math.max(this.#cost.peakMemory, process.resourceUsage().maxRSS * 1024),
      totalParameters: learner.totalParameters,
      keptBytes: learner.keptBytes + past.reduce((total, task) => total + storedBytes(task), 0),
      keptExamples: (learner.memory?.count ?? 0) + pastExamples,
    };
    saveCheckpoint(directory.checkpointPath, learner, {
      tasksDone,
      cost: this.#cost,
    });
    directory.setTasksDone(tasksDone);
    directory.addEvent({ kind: 'task-saved', tasksDone, cost: this.#cost });
  }
}

function meanOfSeen(row: readonly AccuracyCell[], after: number): number {
  const seen = row.filter(({ task }) => task <= Math.max(1, after));
  return seen.reduce((total, { correct, total: count }) => total + correct / count, 0) / seen.length;
}

function storedBytes({ train }: TrainingTask): number {
  return train.count * sizeOf(train.shape) * (train.encoding.storage === 'uint8' ? 1 : 4);
}
