import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { UserError } from '../../harness/errors.ts';
import { toMatrix, toTensor } from '../../harness/linalg/matrix.ts';

describe('matrices of tensors', () => {
  it('hold the tensor row by row, and go back to the same', () => {
    const tensor = float32([1, 2, 3, 4, 5, 6], [2, 3]);
    const matrix = toMatrix(tensor, 'A');
    expect(matrix.to2DArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(toTensor(matrix)).toEqual(tensor);
  });

  it.each([NaN, Infinity, -Infinity])('cannot hold %d: the error says which matrix', (value) => {
    const tensor = float32([1, 2, 3, 4, value, 6], [2, 3]);
    const convert = () => toMatrix(tensor, 'blocks.0.attn.proj.weight of coso before task 3');
    expect(convert).toThrow(UserError);
    expect(convert).toThrow(
      `The matrix "blocks.0.attn.proj.weight of coso before task 3" holds ${value} (row 2, column 2), so it cannot`,
    );
  });
});
