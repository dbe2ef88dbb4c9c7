import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { readNpy } from '../../harness/import/npy.ts';
import { readSource, sourceOf } from '../../harness/import/source-file.ts';
import { matrix, sample } from './matrix.ts';
import { npyFile } from './npy-file.ts';

const read = (bytes: Buffer) => readNpy(sourceOf('a.npy', 'a.npy', bytes));

describe('readNpy', () => {
  it.each(['table.npy', 'fortran.npy'])('reads what NumPy wrote: %s', (name) => {
    const { shape, values } = readNpy(readSource(sample(`zscl/${name}`)));
    expect(shape).toEqual([4, 4]);
    expect(values).toEqual(matrix.flat().map((value) => Number((value * 100).toFixed(2))));
  });

  it('refuses pickled objects, written by NumPy', () => {
    expect(() => readNpy(readSource(sample('zscl/objects.npy')))).toThrow('pickled Python objects');
  });

  it('gives the same numbers for every type, byte order, order of axes and version', () => {
    const rows = fc.integer({ min: 1, max: 6 }).chain((columns) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: columns, maxLength: columns }), {
        minLength: 1,
        maxLength: 6,
      }),
    );
    const form = fc.record({
      type: fc.constantFrom('f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8'),
      little: fc.boolean(),
      fortran: fc.boolean(),
      version: fc.constantFrom(1, 2, 3),
    });
    fc.assert(
      fc.property(rows, form, (grid, how) => {
        const { shape, values } = read(npyFile(grid, how));
        expect(shape).toEqual([grid.length, grid[0]?.length]);
        expect(values).toEqual(grid.flat());
      }),
      { numRuns: 300 },
    );
  });

  it('refuses whatever is cut off or added, with a word', () => {
    const whole = npyFile([
      [1, 2],
      [3, 4],
    ]);
    for (let length = 1; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length))).toThrow(UserError);
    }
    expect(() => read(Buffer.concat([whole, Buffer.from([0])]))).toThrow('which takes 32 bytes, but has 33');
  });

  it.each([
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999999), }", 'announces the shape'],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2), }", 'the shape must be'],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 'the shape must be'],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", 'the shape must be'],
    ["{'descr': '<f8', 'fortran_order': 0, 'shape': (1, 1), }", 'must be True or False'],
    ["{'descr': '<c16', 'fortran_order': False, 'shape': (1, 1), }", 'only real numbers'],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", 'pickled'],
    ["{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1, 1), }", 'only real numbers'],
    ['exit()', 'is not data'],
  ])('refuses the header %s', (header, message) => {
    expect(() => read(npyFile([[1]], { header }))).toThrow(message);
  });

  it('refuses numbers that are not finite', () => {
    expect(() => read(npyFile([[1, Number.NaN]]))).toThrow('number 2: NaN');
  });
});
