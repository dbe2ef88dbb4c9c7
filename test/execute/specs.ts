import { seedsFrom } from '../../harness/random.ts';
import type { CellSpec } from '../../harness/train/loop/cell.ts';

/** A cell for the fake worker. */
export function specOf(method: string, overrides: CellSpec['overrides'] = {}): CellSpec {
  return {
    scenario: 'none',
    method,
    overrides,
    seeds: seedsFrom(1),
    measuredOn: 'test',
    engine: 'auto',
    device: 'cpu',
    threads: 1,
    resultsDirectory: 'none',
    dataDirectory: 'none',
  };
}
