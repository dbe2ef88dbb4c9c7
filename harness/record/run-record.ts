import type { MatrixCell } from '../evaluate/accuracy-matrix.ts';
import type { Seeds } from '../random.ts';
import type { Scenario } from '../stream/scenario.ts';
import type { DatasetIdentity } from '../stream/stream.ts';

/** Stands in an imported run wherever the source does not say what a field asks for; nothing is filled in by guess. */
export const unknown = 'unknown';

/** Where an imported run comes from: another tool's files, of which this program computed nothing. */
export interface ImportSource {
  /** The importer's name, `pycil`, and the version of its reading of the format. */
  readonly format: string;
  readonly version: number;
  /** For people: `PyCIL or LAMDA-PILOT`. */
  readonly tool: string;
  /** What the numbers are, `accuracy`, `task-aware accuracy`, `eval_rougeL`; all are kept as fractions. */
  readonly measure: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Which of several results in the files this is: `line 3`; empty where there is only one. */
  readonly part: string;
}

/** Everything that determines a result; its digest is the run's id. */
export interface RunDefinition {
  /** Only in an imported run. Then digests and revisions are `unknown`, versions 0, settings and training empty. */
  readonly imported?: ImportSource;
  readonly scenario: { readonly name: string; readonly version: number; readonly digest: string };
  readonly dataset: DatasetIdentity;
  readonly method: {
    readonly name: string;
    readonly version: number;
    /** SHA-256 of the method's source file. */
    readonly digest: string;
    /** All settings, defaults filled in. */
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /** The scenario's training with the method's and the caller's overrides applied; `{}` where it is not known. */
  readonly training: Partial<Scenario['training']>;
  readonly backbone: Scenario['backbone'];
  readonly seeds: Seeds;
  /** Which examples the accuracy is measured on; `validation` is for choosing hyperparameters. */
  readonly measuredOn: 'test' | 'validation';
  /** The stream was cut after so many tasks; left out when it was gone through whole. */
  readonly firstTasks?: number;
  readonly engine: {
    readonly name: string;
    readonly device: string;
    readonly threads: number;
    readonly version: string;
  };
  /** Version of this program. */
  readonly palimpsest: string;
}

/** The definition of a run of this program: nothing about it is unknown. */
export interface OwnRunDefinition extends RunDefinition {
  readonly imported?: never;
  readonly training: Scenario['training'];
}

/** What a run cost, shown beside its accuracy. */
export interface RunCost {
  /** Wall time of training and of everything a method does between tasks, in seconds. */
  readonly trainingSeconds: number;
  /** Wall time of evaluation, in seconds. */
  readonly evaluationSeconds: number;
  /** Highest resident memory of the process, in bytes. */
  readonly peakMemory: number;
  /** Scalars that gradient descent could change, largest over the tasks. */
  readonly trainableParameters: number;
  /** Scalars of the model at the end. */
  readonly totalParameters: number;
  /** Bytes that the method kept between tasks beside the model (statistics, examples), at the end. */
  readonly keptBytes: number;
  /** Examples kept between tasks, at the end. */
  readonly keptExamples: number;
}

/** `run.json`. */
export interface RunRecord {
  readonly id: string;
  readonly definition: RunDefinition;
  /** The order in which classes or domains came. */
  readonly order: readonly number[];
  readonly tasks: readonly { readonly index: number; readonly name: string }[];
  /** The method trains on the data of all past tasks: a reference to compare with, no continual learner. */
  readonly usesPastData?: true;
  readonly status: RunStatus;
  readonly environment: {
    readonly node: string;
    readonly platform: string;
    readonly processor: string;
    /** Commit of the working copy, and whether it had changes; null outside a repository. */
    readonly commit: string | null;
    readonly modified: boolean | null;
  };
}

/**
 * How many tasks the files of an imported run tell of: a log that ends early is finished and shorter than its siblings, and
 * no digest shows it. Undefined for a run of this program, whose scenario says it.
 */
export function importedTasks({
  definition,
  tasks,
}: Pick<RunRecord, 'definition' | 'tasks'>): number | undefined {
  return definition.imported === undefined ? undefined : tasks.length;
}

/** How far a run has come. */
export type RunStatus =
  | { readonly state: 'running'; readonly started: string; readonly tasksDone: number }
  | {
      readonly state: 'finished';
      readonly started: string;
      /** Of an imported run: when it was imported. */
      readonly finished: string;
      /** Null for an imported run, whose cost is not known. */
      readonly cost: RunCost | null;
      /** SHA-256 of `accuracy.csv` as it was when the run finished. */
      readonly accuracySha256: string;
    }
  | {
      readonly state: 'failed';
      readonly started: string;
      readonly failed: string;
      readonly tasksDone: number;
      readonly error: string;
    };

/** A record with its matrix, as reports read it. */
export interface RecordedRun {
  readonly directory: string;
  readonly record: RunRecord;
  readonly cells: readonly MatrixCell[];
}
