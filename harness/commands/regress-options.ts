import type { CellSpec } from '../train/loop/cell.ts';

/** The options of `palimpsest regress` as commander hands them over. */
export interface RegressOptions {
  readonly scenario?: string;
  readonly against?: string;
  readonly runs?: readonly string[];
  readonly seeds: readonly number[];
  readonly set?: Readonly<Record<string, unknown>>;
  readonly metric?: readonly string[];
  readonly measureOn: CellSpec['measuredOn'];
  readonly detect: number;
  readonly tolerance: number;
  readonly timeTolerance: number;
  readonly strict?: boolean;
  readonly record?: boolean;
  /** Whether a new reference may replace one of more runs. */
  readonly force?: boolean;
  readonly errorRates?: number;
  readonly junit?: string;
  readonly jobs: number;
  readonly engine: CellSpec['engine'];
  readonly threads: number;
  readonly results: string;
  readonly data: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
