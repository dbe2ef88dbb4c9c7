import { writeFileSync } from 'node:fs';
import { Random } from '../../harness/random.ts';

/** Writes `patterns.csv`: 1600 rows of 24 whole numbers in six classes, each class around a pattern of its own. */
const random = new Random(1, 'patterns');
const features = 24;
const classes = 6;
const patterns = Array.from({ length: classes }, () =>
  Array.from({ length: features }, () => random.integer(10)),
);
const rows = Array.from({ length: 1600 }, (_, row) => {
  const pattern = patterns[row % classes] ?? [];
  return [...pattern.map((value) => value + random.integer(15) - 7), `pattern${row % classes}`].join(',');
});
const head = [...Array.from({ length: features }, (_, index) => `f${index}`), 'pattern'].join(',');
writeFileSync(new URL('patterns.csv', import.meta.url), `${head}\n${rows.join('\n')}\n`);
