import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { type Quadratic, sumOf } from '../../methods/ewc.ts';

const finite = (min: number, max: number) =>
  fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });
const quadratics = fc.record({ precision: finite(0, 100), anchor: finite(-10, 10) });

interface Numbers {
  readonly precision: number;
  readonly anchor: number;
}

function tensors({ precision, anchor }: Numbers): Quadratic {
  return { precision: float32([precision], [1]), anchor: float32([anchor], [1]) };
}

function numbers({ precision, anchor }: Quadratic): Numbers {
  return { precision: precision.data[0] ?? Number.NaN, anchor: anchor.data[0] ?? Number.NaN };
}

function derivative({ precision, anchor }: Numbers, at: number): number {
  return 2 * precision * (at - anchor);
}

function value({ precision, anchor }: Numbers, at: number): number {
  return precision * (at - anchor) ** 2;
}

describe('the sum of two quadratics', () => {
  it('has the sum of their derivatives everywhere', () => {
    fc.assert(
      fc.property(quadratics, quadratics, finite(-20, 20), (past, now, at) => {
        const sum = numbers(sumOf(tensors(past), tensors(now)));
        const right = derivative(past, at) + derivative(now, at);
        const scale = 2 * (past.precision + now.precision) * 30;
        expect(Math.abs(derivative(sum, at) - right)).toBeLessThanOrEqual(1e-6 * scale + 1e-30);
      }),
    );
  });

  it('differs from them by a constant', () => {
    fc.assert(
      fc.property(quadratics, quadratics, finite(-20, 20), finite(-20, 20), (past, now, here, there) => {
        const sum = numbers(sumOf(tensors(past), tensors(now)));
        const difference = (at: number): number => value(sum, at) - value(past, at) - value(now, at);
        const scale = (past.precision + now.precision) * 900;
        expect(Math.abs(difference(here) - difference(there))).toBeLessThanOrEqual(1e-6 * scale + 1e-30);
      }),
    );
  });

  it('keeps the later anchor where neither has any precision', () => {
    const sum = sumOf(tensors({ precision: 0, anchor: 1 }), tensors({ precision: 0, anchor: 2 }));
    expect(numbers(sum)).toEqual({ precision: 0, anchor: 2 });
  });
});
