import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExampleView } from '../../harness/stream/example-view.ts';
import { decode, type Encoding } from '../../harness/stream/examples.ts';
import { MemoryRows } from '../../harness/stream/row-store.ts';

/** Examples of shape `[channels, 2, 1]` whose values are `values`. */
function examplesOf(values: readonly number[], channels: number, encoding: Encoding): ExampleView {
  const rowSize = channels * 2;
  const count = values.length / rowSize;
  const chunk = encoding.storage === 'uint8' ? Uint8Array.from(values) : Float32Array.from(values);
  const store = new MemoryRows({ storage: encoding.storage, count, rowSize }, [chunk], count);
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  return new ExampleView(
    { store, rows, labels: new Int32Array(count) },
    { shape: [channels, 2, 1], encoding },
    null,
  );
}

const number = fc.float({ noNaN: true, min: -10, max: 10 });

for (const storage of ['uint8', 'float32'] as const) {
  test(`decoding ${storage} is stored × scale + offset in each channel`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 255 }), { minLength: 12, maxLength: 12 }),
        fc.array(number, { minLength: 3, maxLength: 3 }),
        fc.array(number, { minLength: 3, maxLength: 3 }),
        fc.boolean(),
        (values, scale, offset, perChannel) => {
          const entries = perChannel ? 3 : 1;
          const encoding = { storage, scale: scale.slice(0, entries), offset: offset.slice(0, entries) };
          const into = new Float32Array(13).fill(-7);
          decode(examplesOf(values, 3, encoding), [1, 0], into);
          const expected = [...values.slice(6), ...values.slice(0, 6)].map((stored, index) => {
            const channel = perChannel ? Math.floor((index % 6) / 2) : 0;
            return Math.fround(stored * (scale[channel] ?? 0) + (offset[channel] ?? 0));
          });
          expect([...into]).toEqual([...expected, -7]);
        },
      ),
    );
  });
}

test('pixels become 0 to 1', () => {
  const into = new Float32Array(2);
  decode(examplesOf([0, 255], 1, { storage: 'uint8', scale: [1 / 255], offset: [0] }), [0], into);
  expect([...into]).toEqual([0, 1]);
});

test('too little room is an error', () => {
  const examples = examplesOf([0, 1], 1, { storage: 'uint8', scale: [1], offset: [0] });
  expect(() => decode(examples, [0, 0], new Float32Array(3))).toThrow(
    /2 rows need 4 values, but there is room for 3/,
  );
  expect(() => decode(examples, [1], new Float32Array(2))).toThrow(/example 1 does not exist; there are 1/);
});
