import type { Backbone } from '../backbones/backbone.ts';
import type { CompiledProgram, Engine, Program } from '../engine/program.ts';
import { bytesOf, type HostTensor, type HostTensors, sizeOf } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { Random, type SeedRole, type Seeds, seedRoles } from '../random.ts';
import type { ExampleMemory } from './example-memory.ts';
import type { Method } from './method.ts';
import type { Protocol } from './protocol.ts';

/** What a learner is made of. */
export interface LearnerParts<Settings> {
  readonly method: Method<Settings>;
  readonly settings: Settings;
  readonly backbone: Backbone;
  readonly engine: Engine;
  readonly protocol: Protocol;
  readonly seeds: Seeds;
  /** Appends to the run's `events.jsonl`. */
  readonly log: (event: { readonly kind: string; readonly [detail: string]: unknown }) => void;
  /** Hears how far work beside the training is that may take long; nobody does when left out. */
  readonly report?: (progress: SummingProgress) => void;
}

/** Gradients of single examples are being summed, for the importance of parameters after a task. */
export interface SummingProgress {
  readonly kind: 'summing';
  readonly task: number;
  readonly examples: number;
  readonly of: number;
}

/**
 * The learner between programs, as a method's host hooks see it. Everything that must outlive a task is in
 * `parameters`, `kept` or `memory`: these are what a checkpoint holds and what the cost columns count.
 */
export class Learner<Settings = Record<string, unknown>> {
  readonly method: Method<Settings>;
  readonly settings: Settings;
  readonly backbone: Backbone;
  readonly protocol: Protocol;
  readonly log: LearnerParts<Settings>['log'];
  readonly report: NonNullable<LearnerParts<Settings>['report']>;
  /** Every tensor of the model by name. */
  parameters: HostTensors;
  /** Names of the parameters that gradient descent changes; the others are frozen. */
  readonly trainable: Set<string>;
  /** Names of trained parameters that the method's `step` changes; the scenario's optimiser leaves them alone. */
  readonly ownSteps: Set<string> = new Set();
  /** What the host hooks remember within a task; emptied before each task, never in a checkpoint. */
  readonly scratch: Map<string, unknown> = new Map();
  /**
   * Tensors that programs hold while a task is trained and see as `scope.temporary`, e.g. a teacher's weights, made in
   * `beginTask` from what is kept. Emptied before each task, never in a checkpoint.
   */
  temporary: HostTensors = {};
  /** Tensors kept between tasks beside the model, e.g. `fisher.head.weight`; programs see them as `scope.kept`. */
  kept: HostTensors = {};
  /** Examples kept between tasks; a method that replays makes one in `prepare`. */
  memory: ExampleMemory | undefined;
  /** The optimiser's tensors, `<moment>.<parameter>`. */
  moments: HostTensors = {};
  /** The optimiser's steps since its start. */
  step = 0;
  /** The step after which a parameter's moments began, by its name, where they are younger than the optimiser. */
  momentStarts: Readonly<Record<string, number>> = {};
  readonly #engine: Engine;
  readonly #seeds: Seeds;

  constructor(parts: LearnerParts<Settings>) {
    this.method = parts.method;
    this.settings = parts.settings;
    this.backbone = parts.backbone;
    this.protocol = parts.protocol;
    this.log = parts.log;
    this.report = parts.report ?? (() => {});
    this.#engine = parts.engine;
    this.#seeds = parts.seeds;
    this.parameters = this.#initialParameters();
    this.trainable = new Set(Object.keys(this.parameters));
  }

  /** A stream of random numbers of a role; the label tells its uses apart. */
  random(role: SeedRole, ...label: (string | number)[]): Random {
    // Types of a method's file are not checked when it runs, and without a seed every seed's numbers would be the same.
    if (!seedRoles.includes(role)) {
      throw new UserError(`There is no seed role "${role}". Roles are: ${seedRoles.join(', ')}.`);
    }
    return new Random(this.#seeds[role], role, ...label);
  }

  /** The named parameter. @throws Error when there is none */
  parameter(name: string): HostTensor {
    const found = this.parameters[name];
    if (!found) throw new Error(`The model has no parameter "${name}".`);
    return found;
  }

  /**
   * Puts a tensor into the model, new or instead of another; the optimiser forgets what it knew of that name.
   * @throws UserError for a name that programs use for something else
   */
  setParameter(name: string, tensor: HostTensor): void {
    const [first = ''] = name.split('.');
    if (first === name ? takenNames.has(name) : takenPrefixes.has(first)) {
      throw new UserError(
        `A parameter cannot be called "${name}": programs use that name. Call it otherwise, e.g. "${this.method.name}.${name}".`,
      );
    }
    this.parameters[name] = tensor;
    this.#forgetMomentsOf(name);
  }

  /** Takes a tensor out of the model, and with it what the optimiser knew of it. */
  removeParameter(name: string): void {
    delete this.parameters[name];
    this.trainable.delete(name);
    this.#forgetMomentsOf(name);
  }

  #forgetMomentsOf(name: string): void {
    for (const moment of Object.keys(this.moments)) {
      if (moment.slice(moment.indexOf('.') + 1) === name) delete this.moments[moment];
    }
  }

  /** Fresh weights, as at the start of the run, and an optimiser without memory. */
  reinitialise(): void {
    this.parameters = this.#initialParameters();
    this.forgetMoments();
  }

  #initialParameters(): HostTensors {
    if (this.method.withoutBackbone) return {};
    return this.backbone.initialise(this.random('initialWeights', 'backbone'));
  }

  /** Sets the optimiser back to its start. */
  forgetMoments(): void {
    this.moments = {};
    this.momentStarts = {};
    this.step = 0;
  }

  /** The parameters that are trained. */
  trained(): HostTensors {
    return this.#pick((name) => this.trainable.has(name));
  }

  /** The parameters that are not. */
  frozen(): HostTensors {
    return this.#pick((name) => !this.trainable.has(name));
  }

  /** Compiles a program of the method's own on the run's engine. */
  compile(program: Program): Promise<CompiledProgram> {
    return this.#engine.compile(program);
  }

  /** The engine's state with the given tensors in it. */
  createState(tensors: HostTensors): ReturnType<Engine['createState']> {
    return this.#engine.createState(tensors);
  }

  /** Scalars that gradient descent changes now. */
  get trainableParameters(): number {
    return countOf(this.trained());
  }

  /** Scalars of the model now. */
  get totalParameters(): number {
    return countOf(this.parameters);
  }

  /** Forgets what was remembered for one task only. */
  forgetTask(): void {
    this.scratch.clear();
    this.temporary = {};
  }

  /** Bytes kept between tasks beside the model: tensors and examples. */
  get keptBytes(): number {
    const tensors = Object.values(this.kept).reduce((total, tensor) => total + bytesOf(tensor), 0);
    return tensors + (this.memory?.bytes ?? 0);
  }

  #pick(condition: (name: string) => boolean): HostTensors {
    return Object.fromEntries(Object.entries(this.parameters).filter(([name]) => condition(name)));
  }
}

/** Names of what training programs are fed and give. */
const takenNames: ReadonlySet<string> = new Set([
  ...['inputs', 'labels', 'weights', 'candidates', 'tasks', 'loss', 'given', 'predictions'],
  ...['learningRate', 'stepSize', 'epsilon', 'decay'],
]);

/** What the names of groups of tensors begin with in programs. */
const takenPrefixes: ReadonlySet<string> = new Set([
  ...['kept', 'temporary', 'gradient', 'seen', 'number', 'extra'],
  ...['momentum', 'firstMoment', 'secondMoment', 'squareSum'],
]);

function countOf(tensors: HostTensors): number {
  return Object.values(tensors).reduce((total, { shape }) => total + sizeOf(shape), 0);
}
