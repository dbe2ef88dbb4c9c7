import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { accuracyOf } from '../../harness/evaluate/accuracy-matrix.ts';
import type { ImportedResult } from '../../harness/import/index.ts';
import { findImporter } from '../../harness/import/read-results.ts';
import { sourceOf } from '../../harness/import/source-file.ts';
import { sorted } from './matrix.ts';
import { type WrittenFormat, writtenFormats } from './written-formats.ts';

/** Percentages with two decimals; 0 in the last row would be a stage not reached in FACIL's files. */
const percents = fc.integer({ min: 1, max: 6 }).chain((tasks) =>
  fc.array(
    fc.array(
      fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100),
      { minLength: tasks, maxLength: tasks },
    ),
    { minLength: tasks, maxLength: tasks },
  ),
);

/** Reads files as the command does, without a disk between. */
function read(format: string, files: ReadonlyMap<string, string | Buffer>): readonly ImportedResult[] {
  const importer = findImporter(format);
  const sources = [...files].map(([name, content]) =>
    sourceOf(`/run/${name}`, name, Buffer.from(content as string)),
  );
  return importer.read(sources, importer.takes.includes('unit') ? { unit: 'percent' } : {});
}

/** What it did to a file, as `[where, what]` in fractions of its length. */
type Damage = readonly [kind: 'cut' | 'drop' | 'flip' | 'insert' | 'double', at: number, what: string];

const hostile = fc.constantFrom(
  'nan',
  '-1',
  '1e999',
  '101',
  '9'.repeat(400),
  '__import__("os")',
  '['.repeat(60_000),
  '{'.repeat(60_000),
  "'",
  '"',
  '\0',
  '\u001b[31m',
  '(',
  '99999999',
  '1e-400',
  ',',
  '\t',
  '\n',
  '\\',
  '__proto__',
  '\ud800',
);

const damage: fc.Arbitrary<Damage> = fc.tuple(
  fc.constantFrom('cut', 'drop', 'flip', 'insert', 'double'),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.oneof(hostile, fc.string({ maxLength: 4 })),
);

function damaged(content: string | Buffer, [kind, where, what]: Damage): Buffer {
  const bytes = Buffer.from(content as string);
  const at = Math.floor(where * bytes.length);
  const rest = bytes.subarray(at);
  if (kind === 'cut') return bytes.subarray(0, at);
  if (kind === 'drop') return Buffer.concat([bytes.subarray(0, at), rest.subarray(1)]);
  if (kind === 'insert') return Buffer.concat([bytes.subarray(0, at), Buffer.from(what), rest]);
  if (kind === 'double') return Buffer.concat([bytes.subarray(0, at), rest, rest]);
  const flipped = Buffer.from(bytes);
  if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << (what.length % 8));
  return flipped;
}

/** The one reader's promise: accuracies of a matrix, or an error for people; never anything else. */
function expectCellsOrUserError(read: () => readonly ImportedResult[]): void {
  let results: readonly ImportedResult[];
  try {
    results = read();
  } catch (error) {
    if (error instanceof UserError) return;
    throw error;
  }
  for (const { cells, tasks } of results) {
    for (const cell of cells) {
      const accuracy = accuracyOf(cell);
      if (!(accuracy >= 0 && accuracy <= 1)) throw new Error(`accuracy ${accuracy}`);
      const inside = cell.after >= 0 && cell.after <= tasks && cell.task >= 1 && cell.task <= tasks;
      if (!inside) throw new Error(`cell ${cell.after}, ${cell.task} of ${tasks} tasks`);
    }
  }
}

function damageOne(written: WrittenFormat, rows: readonly (readonly number[])[], damages: readonly Damage[]) {
  const files = new Map(written.write(rows));
  const [name, content] = [...files].at(-1) ?? ['', ''];
  files.set(
    name,
    damages.reduce<string | Buffer>((bytes, one) => damaged(bytes, one), content),
  );
  return files;
}

// 8 formats × (150 + 450 + 100) cases: 5,600.
describe.each(writtenFormats)('$format', (written) => {
  it('gives back every matrix that is written in the format', () => {
    fc.assert(
      fc.property(percents, (rows) => {
        const results = read(written.format, written.write(rows));
        const expected = rows.flatMap((row, i) =>
          row.flatMap((value, j) =>
            written.whole || j <= i
              ? [{ after: i + 1, task: j + 1, accuracy: Number((value / 100).toFixed(4)) }]
              : [],
          ),
        );
        expect(results).toHaveLength(1);
        expect(sorted(results[0]?.cells ?? [])).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('answers a damaged file with possible accuracies or an error for people', () => {
    fc.assert(
      fc.property(percents, fc.array(damage, { minLength: 1, maxLength: 3 }), (rows, damages) =>
        expectCellsOrUserError(() => read(written.format, damageOne(written, rows, damages))),
      ),
      { numRuns: 450 },
    );
  });

  it('answers any bytes under a right name', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ maxLength: 200 }),
      fc.json(),
    );
    fc.assert(
      fc.property(percents, anything, (rows, content) => {
        const [name] = [...written.write(rows).keys()];
        expectCellsOrUserError(() => read(written.format, new Map([[name ?? '', content]])));
      }),
      { numRuns: 100 },
    );
  });
});
