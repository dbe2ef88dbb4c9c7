import type { Engine, ProgramState } from '../../engine/program.ts';
import { type HostTensor, type HostTensors, zeros } from '../../engine/tensor.ts';
import { unroll } from '../../engine/unroll.ts';
import { UserError } from '../../errors.ts';
import { type Optimiser, optimiserOf } from '../../nn/optimisers.ts';
import { type Schedule, schedule } from '../../nn/schedules.ts';
import type { Random } from '../../random.ts';
import type { Training } from '../../stream/scenario.ts';
import type { TrainingTask } from '../../stream/stream.ts';
import { BatchRows, emptyFeeds, feedsOfStep } from '../batch-rows.ts';
import type { ExampleReference } from '../example-memory.ts';
import { checkTrainable } from '../hook-results.ts';
import type { Learner } from '../learner.ts';
import type { StepMoment } from '../method.ts';
import { modelState } from '../model-programs.ts';
import { beginMoments } from '../moment-starts.ts';
import {
  extraOf,
  gradientProgram,
  type StepShape,
  stepNumbers,
  temporaryState,
  trainingProgram,
  updateProgram,
} from '../training-programs.ts';

/** What one task's training needs. */
export interface TaskTraining<Settings> {
  readonly learner: Learner<Settings>;
  readonly engine: Engine;
  readonly training: Training;
  readonly task: TrainingTask;
  /** The tasks before this one if the method needs their data, else none. */
  readonly past: readonly TrainingTask[];
}

/** Plain networks with fewer scalars than this run several steps a call: for them a call costs as much as a step. */
const smallModel = 2_000_000;
const stepsPerCallOfSmallModels = 8;

/**
 * Runs optimiser steps of one task. The trained tensors stay with the engine from the constructor
 * until {@link readBack} takes them to the learner.
 */
export class StepRunner<Settings> {
  readonly #job: TaskTraining<Settings>;
  readonly #optimiser: Optimiser;
  readonly #schedule: Schedule;
  readonly #shape: StepShape;
  readonly #updates: number;
  readonly #epochs: number;
  readonly #stepsPerCall: number;
  readonly #state: ProgramState;
  readonly #memoryRandom: Random;
  #update = 0;
  #holdsGradients = false;

  /**
   * @param batchSize rows of the task's own examples in a batch
   * @param updates how many steps the task takes in all, for the schedule
   * @param epochs in how many passes over the data
   */
  constructor(job: TaskTraining<Settings>, batchSize: number, updates: number, epochs: number) {
    const { learner, engine, training, task } = job;
    this.#job = job;
    checkTrainable(learner.method.name, learner.trainable, learner.parameters);
    this.#optimiser = optimiserOf(training.optimiser, training);
    this.#schedule = schedule(training.schedule, training.warmup);
    this.#shape = {
      own: batchSize,
      added: learner.method.extraRows?.(learner, task) ?? 0,
      extra: learner.method.extraInputs?.(learner, task, batchSize) ?? {},
    };
    this.#updates = updates;
    this.#epochs = epochs;
    const small = learner.backbone.oneRowPerExample && learner.totalParameters < smallModel;
    this.#stepsPerCall = small && !learner.method.between ? stepsPerCallOfSmallModels : 1;
    if (training.optimiserState === 'reset') learner.forgetMoments();
    beginMoments(learner, this.#optimiser);
    this.#state = engine.createState({
      ...modelState(learner),
      ...temporaryState(learner),
      ...learner.moments,
    });
    this.#memoryRandom = learner.random('memorySampling', 'task', task.index);
  }

  /** Steps done. */
  get update(): number {
    return this.#update;
  }

  /** How many steps the next call should take when so many batches are left. */
  stepsFor(batches: number): number {
    return batches >= this.#stepsPerCall ? this.#stepsPerCall : 1;
  }

  /**
   * One step for each batch, all in one call of the engine.
   * @returns the loss of each before its step
   * @throws UserError when a loss is not finite
   */
  async run(batches: readonly ExampleReference[][], epoch: number): Promise<Float32Array> {
    const [batch] = batches;
    const looked = batch && this.#job.learner.method.between?.needs(this.#job.learner, this.#moment(epoch));
    const losses =
      batch && looked && looked.length > 0
        ? await this.#runInHalves(batch, epoch, looked)
        : await this.#runWhole(batches, epoch);
    this.#refuseDivergence(losses);
    return losses;
  }

  async #runWhole(batches: readonly ExampleReference[][], epoch: number): Promise<Float32Array> {
    const { learner, engine } = this.#job;
    const program = unroll(trainingProgram(learner, this.#optimiser, this.#shape), batches.length);
    const compiled = await engine.compile(program);
    const feeds = emptyFeeds(program.inputs);
    batches.forEach((batch, step) => {
      this.#fill(feedsOfStep(feeds, step), batch, epoch);
    });
    const { loss } = await compiled.run(feeds, this.#state);
    return loss?.data as Float32Array;
  }

  /** Gradients, then the method's work on the host, then the update. */
  async #runInHalves(
    batch: readonly ExampleReference[],
    epoch: number,
    looked: readonly string[],
  ): Promise<Float32Array> {
    const { learner, engine } = this.#job;
    const moment = this.#moment(epoch);
    if (!this.#holdsGradients) {
      this.#state.write(
        Object.fromEntries(
          Object.entries(learner.trained()).map(([name, { shape }]) => [`gradient.${name}`, zeros(shape)]),
        ),
      );
      this.#holdsGradients = true;
    }
    const first = gradientProgram(learner, this.#optimiser, this.#shape, looked);
    const feeds = emptyFeeds(first.inputs);
    this.#fill(feeds, batch, epoch);
    const { loss, given, ...seen } = await (await engine.compile(first)).run(feeds, this.#state);
    const names = Object.keys(learner.trained()).filter((_, index) => given?.data[index] === 1);
    const second = updateProgram(learner, this.#optimiser, names);
    const shown = Object.fromEntries(looked.map((name) => [name, seen[`seen.${name}`] as HostTensor]));
    const refreshed = learner.method.between?.refresh(shown, learner, moment) ?? {};
    const groupOf = (name: string): string => (name in learner.temporary ? 'temporary' : 'kept');
    this.#state.write(
      Object.fromEntries(
        Object.entries(refreshed).map(([name, tensor]) => [`${groupOf(name)}.${name}`, tensor]),
      ),
    );
    const numbers = Object.fromEntries(
      Object.keys(second.inputs).map((name) => [name, feeds[name] as HostTensor]),
    );
    await (await engine.compile(second)).run(numbers, this.#state);
    return loss?.data as Float32Array;
  }

  /**
   * Hands the trained tensors back to the learner.
   * @throws UserError when the last step left a weight that is not finite
   */
  async readBack(): Promise<void> {
    const { learner } = this.#job;
    const trained = await this.#state.read([...learner.trainable]);
    this.#refuseBrokenWeights(trained);
    learner.parameters = { ...learner.parameters, ...trained };
    learner.moments = await this.#state.read(Object.keys(learner.moments));
    const names = Object.keys(learner.kept);
    const kept = await this.#state.read(names.map((name) => `kept.${name}`));
    learner.kept = Object.fromEntries(names.map((name) => [name, kept[`kept.${name}`] as HostTensor]));
  }

  /** Lets go of the engine's memory. */
  dispose(): void {
    this.#state.dispose();
  }

  /** Makes ready the feeds of the next step. */
  #fill(feeds: HostTensors, batch: readonly ExampleReference[], epoch: number): void {
    const { learner, task } = this.#job;
    const rows = new BatchRows(batch, this.#shape);
    const { settings } = learner;
    learner.method.composeBatch?.(rows, {
      settings,
      learner,
      task,
      epoch,
      random: this.#memoryRandom,
      extra: extraOf(feeds, this.#shape),
    });
    const mixed = rows.rows.some((row) => row.task !== task.index);
    rows.write((of) => learner.protocol.rowCandidates(of, task.index, mixed), feeds);
    const moment = this.#moment(epoch);
    this.#update++;
    learner.step++;
    for (const [name, value] of Object.entries(stepNumbers(learner, this.#optimiser, moment))) {
      feeds[name]?.data.fill(value);
    }
  }

  /** Where the next step is. */
  #moment(epoch: number): StepMoment {
    const { learningRate } = this.#job.training;
    return {
      iteration: this.#update,
      iterations: this.#updates,
      epoch,
      epochs: this.#epochs,
      learningRate: learningRate * this.#schedule(this.#update, this.#updates),
    };
  }

  #refuseDivergence(losses: Float32Array): void {
    const bad = losses.findIndex((loss) => !Number.isFinite(loss));
    if (bad >= 0) this.#diverged(`the loss is ${losses[bad]}`, this.#update - losses.length + bad + 1);
  }

  #refuseBrokenWeights(trained: HostTensors): void {
    for (const [name, { data }] of Object.entries(trained)) {
      const bad = data.find((value) => !Number.isFinite(value));
      if (bad !== undefined) this.#diverged(`${name} holds ${bad}`, this.#update);
    }
  }

  #diverged(what: string, update: number): never {
    const { learner, task } = this.#job;
    throw new UserError(
      `Training of ${learner.method.name} diverged: ${what} at update ${update} of task ${task.index}. ` +
        'Lower the learning rate (--set training.learningRate=…) or the strength of the method.',
    );
  }
}
