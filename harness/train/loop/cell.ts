import type { DeviceName, EngineName } from '../../engine/program.ts';
import type { Seeds } from '../../random.ts';
import type { SummingProgress } from '../learner.ts';

/**
 * One cell of a sweep: one method, one scenario, one set of seeds. Plain
 * data, so that it can cross to a worker process.
 */
export interface CellSpec {
  /** Name of a scenario under `scenarios/`, or path of a JSON file. */
  readonly scenario: string;
  /** Name of a method under `methods/`, or path of a method's file. */
  readonly method: string;
  /** Method settings and `training.*` / `backbone.*` overrides, by dotted key. */
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly seeds: Seeds;
  readonly measuredOn: 'test' | 'validation';
  /** Only so many tasks of the stream, from its beginning; all when left out. For choosing settings. */
  readonly firstTasks?: number;
  readonly engine: EngineName | 'auto';
  readonly device: DeviceName;
  readonly threads: number;
  /** Where `runs/<id>/` is written. */
  readonly resultsDirectory: string;
  /** Where datasets given by the user lie: `<dataDirectory>/<dataset>/`. */
  readonly dataDirectory: string;
}

/** What a running cell tells while it works. */
export type CellEvent =
  | {
      readonly kind: 'started';
      readonly id: string;
      readonly tasks: number;
      readonly resumedAfter: number;
    }
  | {
      readonly kind: 'progress';
      readonly task: number;
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      /** Share of the whole run's training done, 0 to 1. */
      readonly done: number;
    }
  | SummingProgress
  | {
      readonly kind: 'evaluated';
      readonly after: number;
      readonly accuracy: number;
    }
  | {
      readonly kind: 'finished';
      readonly id: string;
      readonly directory: string;
      readonly cached: boolean;
    }
  | { readonly kind: 'failed'; readonly error: string };
