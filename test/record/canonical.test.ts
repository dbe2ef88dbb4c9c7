import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf } from '../../harness/record/canonical.ts';

describe('canonicalJson', () => {
  it('sorts keys, drops undefined and writes numbers one way', () => {
    expect(canonicalJson({ b: [1, -0, 1e21, 'é'], a: { d: undefined, c: null } })).toBe(
      '{"a":{"c":null},"b":[1,0,1e+21,"é"]}',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 0, new Date(0), new Map(), [undefined]])(
    'refuses %s',
    (value) => {
      expect(() => canonicalJson({ value })).toThrow(TypeError);
    },
  );

  it('comes back through JSON with the same digest', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(digestOf(JSON.parse(canonicalJson(value)))).toBe(digestOf(value));
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
        expect(digestOf(Object.fromEntries(Object.entries(value).toReversed()))).toBe(digestOf(value));
      }),
    );
  });

  it('has the SHA-256 of the text', () => {
    expect(digestOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
