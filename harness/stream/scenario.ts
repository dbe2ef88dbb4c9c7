/** Which outputs the learner may answer with: every one, those of tasks seen so far, those of the example's own task. */
export type Candidates = 'all' | 'seen' | 'current';

export type ScenarioKind = 'class-incremental' | 'task-incremental' | 'domain-incremental';

/** How a dataset becomes tasks. */
export type TaskSplit =
  /** Disjoint groups of classes, cut from the class order. */
  | { readonly by: 'classes'; readonly classesPerTask: number }
  /** The same classes under a fixed random permutation of the input's values per task. */
  | { readonly by: 'permutations'; readonly count: number; readonly firstIsIdentity: boolean }
  /** The same classes, images rotated (nearest neighbour, about the centre) by a fixed angle per task. */
  | { readonly by: 'rotations'; readonly degrees: readonly number[] }
  /** The same, `count` angles drawn uniformly from [0, `below`) degrees by the class-order seed. */
  | { readonly by: 'drawn-rotations'; readonly count: number; readonly below: number }
  /** The same classes, a task for each value of a column or folder level of the dataset ("domain"). */
  | {
      readonly by: 'domains';
      /** The domains taken, in the order that counts as natural; all of them, in the dataset's, when left out. */
      readonly domains?: readonly string[];
    }
  /** A task for each group of classes that the dataset names, or several of a group's classes in turn. */
  | {
      readonly by: 'class-groups';
      /** The groups taken, in the order that counts as natural; all of them, in the dataset's, when left out. */
      readonly groups?: readonly string[];
      /** Tasks that each group is cut into; 1 when left out. */
      readonly tasksPerGroup?: number;
    };

/** The learning-rate course over the updates of one task. */
export type ScheduleName = 'constant' | 'cosine';

/** The optimisers, by the names that scenarios and methods use. */
export type OptimiserName = 'sgd' | 'adam' | 'adamw' | 'adagrad';

/**
 * The order of classes: that of the dataset, one drawn from the class-order seed, or one that a file lists for each
 * seed. The checksum of the file is part of the scenario's digest.
 */
export type ClassOrder =
  | 'natural'
  | 'seeded'
  | { readonly listed: { readonly path: string; readonly sha256: string } };

/**
 * Which output answers for a class. `class`: each class has one. `within-task`: its position inside the task (shared
 * head). `class-of-task`: each class has another in every task, where tasks hold the same classes.
 */
export type Labels = 'class' | 'within-task' | 'class-of-task';

/** Budget and optimiser: the part of training that every method shares unless its settings override it. */
export interface Training {
  /** Passes over a task's training data. Exactly one of `epochs` and `updates` is given. */
  readonly epochs?: number;
  /** Optimiser steps per task. */
  readonly updates?: number;
  readonly batchSize: number;
  /** Whether an epoch's last, short batch is trained on. */
  readonly incompleteBatch: 'keep' | 'drop';
  readonly optimiser: OptimiserName;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Adam's decay of the first moment; 0.9 when left out. */
  readonly beta1?: number;
  /** Adam's decay of the second moment; 0.999 when left out. */
  readonly beta2?: number;
  readonly schedule: ScheduleName;
  /** Updates of each task over which the learning rate rises linearly from 0. */
  readonly warmup: number;
  /** Whether moments are carried from task to task. */
  readonly optimiserState: 'keep' | 'reset';
}

/** A backbone by name with its own settings; see the backbone's schema. */
export interface BackboneSpec {
  readonly name: string;
  readonly [setting: string]: unknown;
}

/** A scenario as its JSON file states it, with all defaults filled in. */
export interface Scenario {
  readonly name: string;
  /** Raised on any change that could change a result. */
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly kind: ScenarioKind;
  /** Name of a folder under `datasets/`, or a definition in place. */
  readonly dataset: string | DatasetDefinition;
  readonly tasks: TaskSplit;
  readonly classOrder: ClassOrder;
  readonly labels: Labels;
  readonly candidates: { readonly train: Candidates; readonly test: Candidates };
  /** Whether a method is told which task an example is from. */
  readonly taskIdentity: { readonly train: boolean; readonly test: boolean };
  readonly validation: { readonly fraction: number };
  /**
   * Rows and columns of zeros laid around images, on each side, before
   * anything else is done to them; none when left out.
   */
  readonly padding?: number;
  /** `input = (pixel/255 - mean) / deviation`, per channel or one for all; null for pixel/255. */
  readonly normalise: { readonly mean: readonly number[]; readonly deviation: readonly number[] } | null;
  readonly backbone: BackboneSpec;
  readonly training: Training;
}

/** A file of a dataset: inside an npm package, beside the definition, or in the dataset's folder of the data directory. */
export interface DataFile {
  readonly package?: string;
  /** Whether the file lies beside the `dataset.json` that names it, as part of this program. */
  readonly bundled?: boolean;
  readonly path: string;
  readonly sha256?: string;
}

/** A dataset as its `dataset.json` (or a scenario, in place) states it. */
export interface DatasetDefinition {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  readonly revision: string;
  /** How a person gets the files, for the error that says they are missing. */
  readonly obtain?: string;
  readonly reader: ReaderSpec;
  /** Classes that belong together, such as the letters of a writing system. */
  readonly groups?: readonly ClassGroup[];
}

/** A named group of classes. */
export interface ClassGroup {
  readonly name: string;
  /** Names of the classes, or how many there are after those of the groups before. */
  readonly classes: number | readonly string[];
}

/** Files of equal length that hold one part of a dataset. */
export interface IdxPart {
  readonly images: DataFile;
  readonly labels: DataFile;
  /** Number of each image's domain; given where the reader names domains. */
  readonly domains?: DataFile;
}

/** One of the datasets that a union puts one after the other. */
export interface UnionPart {
  /** Name of a folder under `datasets/`, or a definition in place. */
  readonly dataset: string | DatasetDefinition;
  /** Most examples of each class, drawn once for all runs; all when left out. */
  readonly limit?: { readonly train?: number; readonly validation?: number; readonly test?: number };
}

/** Which reader reads the files, and how. */
export type ReaderSpec =
  | {
      readonly kind: 'idx';
      readonly train: IdxPart;
      /** The dataset's own validation set; where there is none, a scenario cuts one from the training data. */
      readonly validation?: IdxPart;
      readonly test: IdxPart;
      readonly classes: readonly string[];
      readonly domains?: readonly string[];
    }
  | {
      readonly kind: 'union';
      readonly parts: readonly UnionPart[];
    }
  /** The images of another dataset in each of the eight symmetries of a square, each form of a class a class of its own. */
  | {
      readonly kind: 'symmetries';
      /** Name of a folder under `datasets/`. */
      readonly of: string;
    }
  | {
      readonly kind: 'image-folder';
      /** Folder of `<class>/<image>`, or `<domain>/<class>/<image>` when `domains` is true. */
      readonly train: string;
      /** The same for testing; without it a share of `train` is held out by `split`. */
      readonly test?: string;
      readonly domains: boolean;
      readonly size: { readonly height: number; readonly width: number };
      readonly channels: 1 | 3;
      /** Given where there is no `test`. */
      readonly split?: SplitRule;
    }
  | {
      readonly kind: 'csv' | 'jsonl';
      readonly train: DataFile;
      readonly test?: DataFile;
      readonly labelColumn: string;
      /** Columns (CSV) or keys (JSONL) that make the input, in order; all but label and domain when left out. */
      readonly featureColumns?: readonly string[];
      readonly domainColumn?: string;
      /** What stands between the values of a line of CSV; a comma when left out. */
      readonly delimiter?: string;
      /** Shape of one input; `[number of features]` when left out. */
      readonly shape?: readonly number[];
      /** Given where there is no `test`. */
      readonly split?: SplitRule;
    };

/** How a test set is cut where the data bring none: a share of each class, by a fixed seed. */
export interface SplitRule {
  readonly testFraction: number;
  readonly seed: number;
}
