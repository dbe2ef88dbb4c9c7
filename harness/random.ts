import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** What a seed decides. A table says which of these it varied. */
export type SeedRole = 'classOrder' | 'initialWeights' | 'exampleOrder' | 'memorySampling';

/** One seed for each role. */
export type Seeds = Readonly<Record<SeedRole, number>>;

export const seedRoles: readonly SeedRole[] = [
  'classOrder',
  'initialWeights',
  'exampleOrder',
  'memorySampling',
];

/** The same seed in every role, save those given. */
export function seedsFrom(seed: number, fixed: Partial<Seeds> = {}): Seeds {
  return {
    classOrder: seed,
    initialWeights: seed,
    exampleOrder: seed,
    memorySampling: seed,
    ...fixed,
  };
}

/**
 * A stream of pseudo-random numbers. It is derived from a seed and a label (`'task 3, epoch 2'`), so that a resumed run
 * continues without a stored generator state, and one use of randomness never shifts another.
 */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plusFromState>;
  #spare: number | undefined;

  constructor(seed: number, ...label: (string | number)[]) {
    const digest = createHash('sha256')
      .update(JSON.stringify([seed, ...label]))
      .digest();
    this.#generator = xoroshiro128plusFromState([0, 4, 8, 12].map((byte) => digest.readInt32LE(byte)));
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform(): number {
    return (this.#generator.next() >>> 0) / 0x1_0000_0000;
  }

  /** Uniform integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** Standard normal, by the Box-Muller transform. */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** The integers 0 … count − 1 in random order (Fisher-Yates). */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const held = order[last] as number;
      order[last] = order[other] as number;
      order[other] = held;
    }
    return order;
  }

  /** `size` different integers of 0 … count − 1, in random order. */
  sample(count: number, size: number): Int32Array {
    return this.permutation(count).subarray(0, Math.min(size, count));
  }
}
