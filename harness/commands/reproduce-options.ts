import type { CellSpec } from '../train/loop/cell.ts';

/** The options of `palimpsest reproduce` as commander hands them over. */
export interface ReproduceOptions {
  readonly methods?: readonly string[];
  readonly cells?: readonly string[];
  readonly seeds?: number;
  readonly quick?: boolean;
  readonly recorded?: boolean;
  readonly record?: boolean;
  /** Whether the record's runs of a cell may be replaced by fewer. */
  readonly force?: boolean;
  readonly json?: boolean;
  readonly csv?: string;
  readonly markdown?: string;
  readonly latex?: string;
  readonly jobs: number;
  readonly engine: CellSpec['engine'];
  readonly threads: number;
  readonly papers?: string;
  readonly results: string;
  readonly data: string;
  readonly quiet?: boolean;
}
