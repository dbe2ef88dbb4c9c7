import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import { ExampleMemory } from '../../harness/train/example-memory.ts';
import { ListedExamples } from '../support/tiny-data.ts';

/** Examples whose one input value and label are their number. */
function numbered(count: number): ListedExamples {
  const numbers = Array.from({ length: count }, (_, number) => number);
  return new ListedExamples(
    numbers.map((number) => [number]),
    numbers,
    [1],
  );
}

function filled(capacity: number, offers: number, random: Random): ExampleMemory {
  const examples = numbered(offers);
  const memory = new ExampleMemory(capacity, examples);
  for (let row = 0; row < offers; row++) memory.offer({ examples, row, task: 1 + (row % 3) }, random);
  return memory;
}

function heldLabels(memory: ExampleMemory): number[] {
  return [...memory.labels.subarray(0, memory.count)];
}

describe('the memory', () => {
  it('holds each of n offered examples with probability capacity / n', () => {
    const [capacity, offers, seeds] = [5, 20, 4000];
    const counts = new Array<number>(offers).fill(0);
    for (let seed = 0; seed < seeds; seed++) {
      for (const label of heldLabels(filled(capacity, offers, new Random(seed)))) {
        counts[label] = (counts[label] ?? 0) + 1;
      }
    }
    const expected = (seeds * capacity) / offers;
    const deviation = Math.sqrt(expected * (1 - capacity / offers));
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(4 * deviation);
    // Σ (O − E)² / σ² · (n − 1)/n follows χ² with 19 degrees of freedom, whose 0.9999 quantile is 50.8.
    const statistic = counts.reduce((sum, count) => sum + ((count - expected) / deviation) ** 2, 0);
    expect((statistic * (offers - 1)) / offers).toBeLessThan(50.8);
  });

  it('holds different examples, never more than its capacity, and counts their bytes', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(40), fc.nat(), (capacity, offers, seed) => {
        const memory = filled(capacity, offers, new Random(seed));
        expect(memory.count).toBe(Math.min(capacity, offers));
        expect(new Set(heldLabels(memory)).size).toBe(memory.count);
        expect(memory.bytes).toBe(memory.count * (4 + 8));
      }),
    );
  });

  it('keeps value, label and task of an example together', () => {
    const memory = filled(7, 50, new Random(1));
    const value = new Float32Array(1);
    for (let row = 0; row < memory.count; row++) {
      memory.readStored([row], value);
      expect(value[0]).toBe(memory.labels[row]);
      expect(memory.tasks[row]).toBe(1 + ((memory.labels[row] ?? 0) % 3));
    }
  });

  it('draws different held examples', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(40), fc.nat(15), fc.nat(), (capacity, offers, size, seed) => {
        const random = new Random(seed);
        const memory = filled(capacity, offers, random);
        const drawn = memory.sample(size, random).map(({ examples, row }) => examples.labels[row] ?? -1);
        expect(drawn).toHaveLength(Math.min(size, memory.count));
        expect(new Set(drawn).size).toBe(drawn.length);
        expect(heldLabels(memory)).toEqual(expect.arrayContaining(drawn));
      }),
    );
  });

  it('gives draws that examples offered later do not change', () => {
    const random = new Random(3);
    const memory = filled(4, 4, random);
    const drawn = memory.sample(4, random);
    const before = drawn.map(({ examples, row }) => examples.labels[row]);
    const later = numbered(400);
    for (let row = 100; row < 400; row++) memory.offer({ examples: later, row, task: 9 }, random);
    expect(drawn.map(({ examples, row }) => examples.labels[row])).toEqual(before);
    expect(drawn.every(({ task }) => task < 9)).toBe(true);
  });

  it('goes on from what it saved as if nothing had happened', () => {
    const memory = filled(6, 30, new Random(5));
    const restored = new ExampleMemory(6, memory);
    restored.restore(memory.toTensors());
    const examples = numbered(90);
    for (const one of [memory, restored]) {
      const random = new Random(6);
      for (let row = 30; row < 90; row++) one.offer({ examples, row, task: 2 }, random);
    }
    expect(restored.toTensors()).toEqual(memory.toTensors());
  });
});
