import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { BackboneOutputs, LinearLayer } from '../backbones/backbone.ts';
import type { Tensors } from '../engine/program.ts';
import type { HostTensors, TensorSpec } from '../engine/tensor.ts';
import type { Random } from '../random.ts';
import type { ScenarioKind, Training } from '../stream/scenario.ts';
import type { TrainingTask } from '../stream/stream.ts';
import type { BatchRows } from './batch-rows.ts';
import type { ExampleReference } from './example-memory.ts';
import type { Learner } from './learner.ts';
import type { Protocol } from './protocol.ts';

/** Where a method was published. */
export interface Paper {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly url?: string;
}

/** JSON Schema of one setting. Every setting has a default and says what it is. */
export interface SettingSchema {
  readonly type: 'number' | 'integer' | 'boolean' | 'string' | 'array';
  readonly default: unknown;
  readonly description: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly items?: { readonly type: string };
}

/** A batch inside a program. Rows of weight 0 are padding and must not count. */
export interface Batch {
  /** `[rows, …input shape]` */
  readonly inputs: Tensor;
  /** Output indices, int32 `[rows]`. */
  readonly labels: Tensor;
  /** 1 for each row, or what the method gave it; `[rows]` */
  readonly weights: Tensor;
  /** 1 for each output that the scenario lets the learner answer with, `[rows, outputs]`. */
  readonly candidates: Tensor;
  /** Task of each row from 1, int32 `[rows]`; only there when the scenario gives task identity. */
  readonly tasks?: Tensor;
}

/** What the model computes for a batch. */
export interface Outputs extends BackboneOutputs {
  /** Logits with the outputs that are no candidates pushed to −10⁹: what losses and predictions use. */
  readonly logits: Tensor;
  /** Logits as the head gives them, for methods that distil or replay them. */
  readonly rawLogits: Tensor;
}

/**
 * Is shown what a linear layer reads, `[…, in]`, and gives, `[…, out]`.
 * @returns what it shall give instead; undefined for what it gives
 */
export type LayerWatch = (layer: LinearLayer, x: Tensor, y: Tensor) => Tensor | undefined;

/** What the hooks that run inside a program may use. */
export interface Scope<Settings> {
  readonly settings: Settings;
  /** The scenario's rules, and what its inputs are. */
  readonly protocol: Protocol;
  /** Every tensor of the model by name, those that the method added included. */
  readonly parameters: Tensors;
  /** What the method keeps between tasks; see {@link Learner.kept}. */
  readonly kept: Tensors;
  /** What programs hold during this task only; see {@link Learner.temporary}. */
  readonly temporary: Tensors;
  /** The scalars of {@link Method.numbers} for this step; none while predicting. */
  readonly numbers: Tensors;
  /** The tensors of {@link Method.extraInputs} for this step; none while predicting. */
  readonly extra: Tensors;
  /**
   * The rows that the loss is taken of, in a training step; not in the
   * second half of one that {@link BetweenHook} cuts.
   */
  readonly batch?: Batch;
  /** The rows that {@link Method.composeBatch} added, where the method wants them `apart`. */
  readonly added?: Batch;
  /**
   * Runs the model on other rows, or with other weights, such as a teacher's.
   * @param parameters instead of the present ones of their names
   * @param watch is shown every linear layer; see {@link LayerWatch}
   */
  forward(
    batch: Pick<Batch, 'inputs' | 'candidates' | 'tasks'>,
    parameters?: Tensors,
    watch?: LayerWatch,
  ): Outputs;
  /** In {@link Method.linear}: {@link Batch.tasks} of the rows that the model is run on. */
  readonly tasks?: Tensor;
  /** False while predicting. */
  readonly training: boolean;
}

/** Where in a task's training a step is. */
export interface StepMoment {
  /** Steps of this task done before it, from 0. */
  readonly iteration: number;
  /** Steps that the task takes in all. */
  readonly iterations: number;
  /** 0 for the first pass over the task's data. */
  readonly epoch: number;
  readonly epochs: number;
  /** Learning rate of this step, schedule included. */
  readonly learningRate: number;
}

/** Host work between a step's gradients and its update, for linear algebra that programs lack. */
export interface BetweenHook<Settings> {
  /**
   * Parameters whose gradients are looked at in this step, and temporary
   * tensors; when none, the step is one program as usual.
   */
  needs(learner: Learner<Settings>, moment: StepMoment): readonly string[];
  /**
   * Looks at these, as {@link Method.gradients} left them.
   * @returns new values of kept or temporary tensors, which the same step's update sees
   */
  refresh(seen: HostTensors, learner: Learner<Settings>, moment: StepMoment): HostTensors;
  /** *Program.* Changes the gradients once more, with what was refreshed. */
  gradients?(gradients: Tensors, scope: Scope<Settings>): Tensors;
}

/**
 * Gradients of another loss by the trained parameters, in the same program.
 * The scope has the parameters to differentiate.
 */
export type GradientsOf<Settings> = (loss: (scope: Scope<Settings>) => Scalar) => Tensors;

/** How a method draws batches from what it trains on: one task, or several at once. */
export interface Pooling {
  /**
   * Whose budget it takes where that is in updates: the `sum` of those of the tasks trained on, or that of one `task`.
   * `sum` when left out.
   */
  readonly updates?: 'sum' | 'task';
  /**
   * What a batch is drawn from: the examples of all these tasks in `one` heap; or `each` task, ⌈batch size / tasks⌉ rows
   * of it; or each of their `classes`, ⌈batch size / classes⌉ rows of it, class after class in the order of `classesOf`.
   * With the latter two an epoch ends where the smallest heap has no more rows for a batch. `one` when left out.
   */
  readonly batches?: 'one' | 'each' | 'classes';
}

/** What the hooks that compose a batch on the host may use. */
export interface BatchContext<Settings> {
  readonly settings: Settings;
  readonly learner: Learner<Settings>;
  readonly task: TrainingTask;
  /** 0 for the first pass over the task's data. */
  readonly epoch: number;
  /** Randomness of the role "memory sampling". */
  readonly random: Random;
  /** The tensors of {@link Method.extraInputs}, to be filled for this step. */
  readonly extra: HostTensors;
}

/**
 * A continual-learning method. One file under `methods/` exports one of these as its default.
 * Every hook is optional: without any, the method is plain fine-tuning.
 *
 * Hooks marked *host* run between programs and may look at values; hooks marked *program* run inside one: pure
 * functions of tensors, written with TF.js ops, that never look at a value.
 */
export interface Method<Settings = Record<string, unknown>> {
  /** As the command line calls it. */
  readonly name: string;
  /** Raised on any change that could change a result. */
  readonly version: number;
  readonly title: string;
  /** One sentence for `palimpsest ls methods`. */
  readonly summary: string;
  readonly paper?: Paper;
  readonly settings: { readonly [Name in keyof Settings]: SettingSchema };
  /** Training defaults that differ from the scenario's, e.g. a learning rate; `--set training.x` still wins. */
  readonly training?: Partial<Training>;
  /**
   * Values that `palimpsest tune` tries, by setting or `training.…`. Learning rates are tried for every method, unless it
   * lists others here, or none.
   */
  readonly search?: Readonly<Record<string, readonly unknown[]>>;
  /** Scenario kinds that the method can run; all when left out. */
  readonly kinds?: readonly ScenarioKind[];
  /** What the method needs that a plain learner does not have. The run refuses where the scenario forbids it. */
  readonly needs?: {
    /** Task identity of test examples. */
    readonly taskIdentityAtTest?: boolean;
    /** The training data of all past tasks, which makes it a reference, not a continual learner. */
    readonly pastData?: boolean;
  };

  /**
   * The method brings a model of its own and uses nothing of the scenario's backbone: the
   * learner begins without parameters, the backbone is never run, and every logit in `outputs`
   * is 0. For methods with a `loss` and a `predict`.
   */
  readonly withoutBackbone?: boolean;

  /** *Host.* Once, before anything is measured: add tensors, choose what is trained. */
  prepare?(learner: Learner<Settings>): void | Promise<void>;
  /** *Host.* Before a task's training. */
  beginTask?(learner: Learner<Settings>, task: TrainingTask): void | Promise<void>;
  /** *Host.* After a task's training: remember, merge, prune. */
  endTask?(learner: Learner<Settings>, task: TrainingTask): void | Promise<void>;
  /**
   * *Host.* The tasks whose data are trained on in this one; the current one when left out. With none, no step is taken.
   * @param past the tasks before it; none are given unless the method says that it needs `pastData`
   */
  trainingTasks?(
    task: TrainingTask,
    past: readonly TrainingTask[],
    learner: Learner<Settings>,
  ): readonly TrainingTask[];
  /**
   * *Host.* Whether the model stands for what was learned up to this task; always when left out. After a task where it does
   * not, such as one that a method passes over, nothing is measured and the accuracy matrix has no such row.
   */
  isMeasured?(task: TrainingTask, learner: Learner<Settings>): boolean;
  /** *Host.* How batches are drawn from what is trained on; see {@link Pooling}. */
  pooling?(settings: Settings): Pooling;
  /** *Host.* Examples that every pass over the task's data goes through as well, e.g. those in memory. */
  addedExamples?(learner: Learner<Settings>, task: TrainingTask): readonly ExampleReference[];
  /** *Host.* How many rows {@link Method.composeBatch} may add to a batch of this task. */
  extraRows?(learner: Learner<Settings>, task: TrainingTask): number;
  /** Whether added rows are in the batch that the loss is taken of (as they are when left out), or `apart` in the scope. */
  readonly addedRows?: 'joined' | 'apart';
  /**
   * *Host.* Tensors fed at each step beside the batch, such as noise; `composeBatch` fills them.
   * @param rows of the task's own in a batch, with padding
   */
  extraInputs?(
    learner: Learner<Settings>,
    task: TrainingTask,
    rows: number,
  ): Readonly<Record<string, TensorSpec>>;
  /** *Host.* Adds rows to a batch of the current task, e.g. from memory, and gives rows their weights. */
  composeBatch?(rows: BatchRows, context: BatchContext<Settings>): void;

  /** *Host.* Numbers of one step, e.g. of a schedule; programs see them as `scope.numbers`. */
  numbers?(settings: Settings, moment: StepMoment): Readonly<Record<string, number>>;
  /** *Host.* Looks at gradients before the update; see {@link BetweenHook}. */
  readonly between?: BetweenHook<Settings>;

  /** *Program.* How a linear layer computes; `base` gives `xWᵀ + b`. */
  linear?(layer: LinearLayer, x: Tensor, base: () => Tensor, scope: Scope<Settings>): Tensor;
  /** *Program.* The training loss; `classificationLoss` when left out. */
  loss?(outputs: Outputs, batch: Batch, scope: Scope<Settings>): Scalar;
  /**
   * *Program.* Changes the gradients, by parameter name, before the optimiser sees them. What it returns under the name of
   * a temporary tensor replaces that.
   */
  gradients?(gradients: Tensors, scope: Scope<Settings>, gradientsOf: GradientsOf<Settings>): Tensors;
  /**
   * *Program.* The step of the parameters in {@link Learner.ownSteps}, which the scenario's optimiser leaves alone.
   * @returns new values of these parameters, and of kept tensors
   */
  step?(gradients: Tensors, scope: Scope<Settings>): Tensors;
  /**
   * *Program.* After the optimiser's step. What is returned replaces the trained parameter of its name, or else the kept
   * or the temporary tensor of its name.
   * @param updated every trained parameter after the step; those before it are in the scope
   * @param gradients by parameter name, as {@link Method.gradients} left them
   */
  afterStep?(updated: Tensors, scope: Scope<Settings>, gradients: Tensors): Tensors;
  /** *Program.* Logits for predictions, if they are not the model's own; `[rows, outputs]`. */
  predict?(
    outputs: Outputs,
    batch: Pick<Batch, 'inputs' | 'candidates' | 'tasks'>,
    scope: Scope<Settings>,
  ): Tensor;
}

/** Gives a method's file its types: `export default defineMethod<{ strength: number }>({ … })`. */
export function defineMethod<Settings>(method: Method<Settings>): Method<Settings> {
  return method;
}
