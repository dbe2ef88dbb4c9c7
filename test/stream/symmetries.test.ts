import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateDatasetDefinition } from '../../harness/stream/dataset-definition.ts';
import { bringsValidation, groupSizes } from '../../harness/stream/dataset-facts.ts';
import { openDataset } from '../../harness/stream/open-dataset.ts';
import type { RawSet } from '../../harness/stream/raw-dataset.ts';
import { MemoryRows } from '../../harness/stream/row-store.ts';
import { withSymmetries } from '../../harness/stream/symmetries.ts';
import { storedRow } from './support.ts';

/** Images `[1, side, side]`, all of class 0 but the last, which is of class 1. */
function imagesOf(rows: readonly (readonly number[])[], shape: readonly number[]) {
  const rowSize = rows[0]?.length ?? 0;
  const store = new MemoryRows(
    { storage: 'uint8', count: rows.length, rowSize },
    [Uint8Array.from(rows.flat())],
    rows.length,
  );
  const labels = Int32Array.from(rows, (_, row) => (row === rows.length - 1 ? 1 : 0));
  const table = { rows: store, labels, domains: labels };
  const set: RawSet = { table, rows: Int32Array.from(labels.keys()) };
  return {
    shape,
    classes: ['b', 'd'],
    groups: [{ name: 'latin', classes: [0, 1] }],
    sets: { train: set, validation: { ...set, rows: set.rows.subarray(1) }, test: set },
  };
}

const square = [1, 2, 3, 4];

describe('the symmetries of a square', () => {
  it('turn and mirror each image', () => {
    const { sets } = withSymmetries('turned', imagesOf([[0, 0, 0, 0], square], [1, 2, 2]));
    const forms = Array.from({ length: 8 }, (_, form) => storedRow(sets.train, 8 + form));
    expect(forms).toEqual([
      [1, 2, 3, 4],
      [2, 4, 1, 3],
      [4, 3, 2, 1],
      [3, 1, 4, 2],
      [2, 1, 4, 3],
      [1, 3, 2, 4],
      [3, 4, 1, 2],
      [4, 2, 3, 1],
    ]);
  });

  it('make each form of a class a class of its own, in the group of the class', () => {
    const { classes, groups, sets } = withSymmetries('turned', imagesOf([square, square], [1, 2, 2]));
    expect(classes.slice(6, 10)).toEqual([
      'b, mirrored, turned 180°',
      'b, mirrored, turned 270°',
      'd',
      'd, turned 90°',
    ]);
    expect(new Set(classes).size).toBe(16);
    expect(groups).toEqual([{ name: 'latin', classes: [...Array(16).keys()] }]);
    expect([...sets.train.table.labels]).toEqual([...Array(16).keys()]);
    expect([...(sets.train.table.domains ?? [])]).toEqual(
      [...Array(16).keys()].map((row) => (row < 8 ? 0 : 1)),
    );
    expect([...sets.validation.rows]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('keep every value, in every channel apart, and four turns are none', () => {
    const image = fc
      .integer({ min: 1, max: 5 })
      .chain((side) => fc.array(fc.nat(255), { minLength: 2 * side * side, maxLength: 2 * side * side }));
    fc.assert(
      fc.property(image, (values) => {
        const side = Math.sqrt(values.length / 2);
        const { sets } = withSymmetries('turned', imagesOf([values, values], [2, side, side]));
        for (let form = 0; form < 8; form++) {
          const moved = storedRow(sets.train, form);
          for (const channel of [0, 1]) {
            const plane = (all: readonly number[]) =>
              all.slice(channel * side * side, (channel + 1) * side * side).sort();
            expect(plane(moved)).toEqual(plane(values));
          }
        }
        const turned = withSymmetries(
          'turned',
          imagesOf([storedRow(sets.train, 3), values], [2, side, side]),
        );
        expect(storedRow(turned.sets.train, 1)).toEqual(values);
      }),
      { seed: 1 },
    );
  });

  it('are refused for inputs that are no square images', () => {
    expect(() => withSymmetries('turned', imagesOf([square, square], [4]))).toThrow('the shape [4]');
    expect(() => withSymmetries('turned', imagesOf([square, square], [1, 1, 4]))).toThrow(
      'need square images',
    );
  });
});

describe('a dataset of symmetries', () => {
  it('has the facts of the dataset that it is made of', async () => {
    const definition = validateDatasetDefinition(
      { name: 'turned', reader: { kind: 'symmetries', of: 'glyphs-latin' } },
      'x',
    );
    expect(bringsValidation(definition)).toBe(true);
    expect(groupSizes(definition)).toEqual(new Map([['latin', 648]]));
    const options = { dataDirectory: 'data', baseDirectory: '.', memoryLimit: 1e9, validationFraction: 0.1 };
    const [plain, turned] = [
      await openDataset('glyphs-latin', options),
      await openDataset('glyphs-latin-symmetries', options),
    ];
    expect(turned.classes).toHaveLength(648);
    expect(turned.sets.test.rows).toHaveLength(8 * plain.sets.test.rows.length);
    expect(storedRow(turned.sets.test, 8 * 5)).toEqual(storedRow(plain.sets.test, 5));
    expect(turned.checksums).toEqual(plain.checksums);
  });

  it('must be made of a dataset that there is', () => {
    const json = { name: 'turned', reader: { kind: 'symmetries', of: 'glyphs-latn' } };
    expect(() => validateDatasetDefinition(json, 'x')).toThrow('Did you mean "glyphs-latin"?');
  });
});
