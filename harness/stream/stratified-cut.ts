import { Random } from '../random.ts';
import type { RawDataset, RawSet } from './raw-dataset.ts';

/** Two disjoint parts of a set; both keep the order of rows. */
export interface Cut {
  readonly kept: RawSet;
  readonly cut: RawSet;
}

/** Names of the classes and domains that the strata are made of. */
type Names = Pick<RawDataset, 'classes' | 'domains'>;

/**
 * Cuts a share of each class (of each class in each domain, where there are domains). Which rows are cut depends
 * on `seed`, `label` and the stratum's name and size only (and, of classes with one name, on how many stand before it), so
 * that one class never moves the choice in another.
 *
 * @param share.fraction share to cut, in [0, 1); rounded to whole rows, and at least one row of a stratum is kept
 * @param share.atLeast rows to cut from each stratum that has more than one row, even where the share rounds to less
 */
export function cutStratified(
  set: RawSet,
  names: Names,
  share: { fraction: number; atLeast: number },
  seed: number,
  ...label: string[]
): Cut {
  const isCut = new Uint8Array(set.rows.length);
  for (const [stratum, positions] of strata(set, names)) {
    const wanted = Math.max(share.atLeast, Math.round(positions.length * share.fraction));
    const size = Math.min(wanted, positions.length - 1);
    for (const chosen of new Random(seed, ...label, stratum).sample(positions.length, size)) {
      isCut[positions[chosen] as number] = 1;
    }
  }
  return {
    kept: { table: set.table, rows: set.rows.filter((_, position) => isCut[position] === 0) },
    cut: { table: set.table, rows: set.rows.filter((_, position) => isCut[position] === 1) },
  };
}

/**
 * At most so many rows of each class (of each class in each domain). Which rows are kept depends on what `cutStratified`
 * depends on.
 */
export function limitPerClass(
  set: RawSet,
  names: Names,
  most: number,
  seed: number,
  ...label: string[]
): RawSet {
  const isKept = new Uint8Array(set.rows.length);
  for (const [stratum, positions] of strata(set, names)) {
    const size = Math.min(most, positions.length);
    for (const chosen of new Random(seed, ...label, stratum).sample(positions.length, size)) {
      isKept[positions[chosen] as number] = 1;
    }
  }
  return { table: set.table, rows: set.rows.filter((_, position) => isKept[position] === 1) };
}

/**
 * Positions in the set of each class (of each class in each domain), beside the key that its random numbers are drawn by:
 * the names of class and domain. In a union, classes may share a name; those after the first are numbered.
 */
function strata(set: RawSet, names: Names): (readonly [key: string, positions: readonly number[]])[] {
  const { labels, domains } = set.table;
  const groups = new Map<number, number[]>();
  set.rows.forEach((row, position) => {
    const domain = domains === null ? 0 : (domains[row] as number);
    const stratum = domain * names.classes.length + (labels[row] as number);
    const group = groups.get(stratum);
    if (group === undefined) groups.set(stratum, [position]);
    else group.push(position);
  });
  const occurrences = occurrencesOf(names.classes);
  return [...groups].map(([stratum, positions]) => {
    const member = stratum % names.classes.length;
    const domain = names.domains[Math.floor(stratum / names.classes.length)];
    const occurrence = occurrences[member] as number;
    const key = [
      names.classes[member],
      ...(domains === null ? [] : [domain]),
      // Left out for the first, so that rows are drawn as they were before there was a number.
      ...(occurrence > 0 ? [occurrence] : []),
    ];
    return [JSON.stringify(key), positions];
  });
}

/** For each name, how often it stands before. */
function occurrencesOf(names: readonly string[]): number[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    return before;
  });
}
