import { allRows, type RawDataset, type RawTable } from '../raw-dataset.ts';
import type { SplitRule } from '../scenario.ts';
import { defaultSplit } from '../scenario-defaults.ts';
import { cutStratified } from '../stratified-cut.ts';

/**
 * The training and test sets of a dataset: both tables as they are, or, where the data bring no test table, a share
 * of each class (in each domain) held out by a fixed seed. At least one row of a class is held out, and one kept.
 */
export function trainAndTest(
  train: RawTable,
  test: RawTable | undefined,
  names: Pick<RawDataset, 'classes' | 'domains'>,
  split: SplitRule = defaultSplit,
): Pick<RawDataset, 'train' | 'validation' | 'test'> {
  if (test !== undefined) return { train: allRows(train), validation: null, test: allRows(test) };
  const share = { fraction: split.testFraction, atLeast: 1 };
  const { kept, cut } = cutStratified(allRows(train), names, share, split.seed, 'test split');
  return { train: kept, validation: null, test: cut };
}
