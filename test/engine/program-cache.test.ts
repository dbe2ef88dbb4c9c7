import { describe, expect, it } from 'vitest';
import type { CompiledProgram, Program } from '../../harness/engine/program.ts';
import { ProgramCache } from '../../harness/engine/program-cache.ts';
import { float32, type HostTensors } from '../../harness/engine/tensor.ts';
import { doubling, engineFor, engineNames, listOf, scaling } from './support.ts';

const x = float32([1, 2], [2]);

/** Stands for a compiled program; notes that it was released. */
class FakeProgram implements CompiledProgram {
  released = false;

  async run(): Promise<HostTensors> {
    return {};
  }
}

/** A cache with what it made, in order. */
function cacheOfFakes(): {
  compile: (program: Program) => Promise<CompiledProgram>;
  made: FakeProgram[];
  clear: () => Promise<void>;
} {
  const made: FakeProgram[] = [];
  const cache = new ProgramCache<FakeProgram>(async (program) => {
    program.released = true;
  });
  const make = async (): Promise<FakeProgram> => {
    const fake = new FakeProgram();
    made.push(fake);
    return fake;
  };
  return { compile: (program) => cache.compile(program, make), made, clear: () => cache.clear() };
}

const living = (made: readonly FakeProgram[]): number => made.filter(({ released }) => !released).length;

describe('the program cache', () => {
  it('makes an equal program once, also when it is asked for at the same time', async () => {
    const { compile, made } = cacheOfFakes();
    await Promise.all([compile(doubling()), compile(doubling()), compile(doubling())]);
    await compile(doubling());
    expect(made).toHaveLength(1);
  });

  it('tells programs apart by name, variant, inputs, state and frozen tensors', async () => {
    const { compile, made } = cacheOfFakes();
    const base = doubling();
    const spec = { shape: [2], dtype: 'float32' } as const;
    await compile(base);
    await compile({ ...base, name: 'other' });
    await compile({ ...base, variant: 'other' });
    await compile({ ...base, inputs: { x: { ...spec, shape: [3] } } });
    await compile({ ...base, inputs: { x: { ...spec, dtype: 'int32' } } });
    await compile({ ...base, inputs: { y: spec } });
    await compile({ ...base, inputs: {}, state: { x: spec } });
    await compile({ ...base, frozen: { w: x } });
    expect(made).toHaveLength(8);
  });

  it('takes a new frozen tensor for a new program, even with equal values', async () => {
    const { compile, made } = cacheOfFakes();
    const factor = float32([3, 4], [2]);
    await compile(scaling(factor));
    await compile(scaling(factor));
    expect(made).toHaveLength(1);
    await compile(scaling(float32([3, 4], [2])));
    expect(made).toHaveLength(2);
  });

  it('holds a bounded number of programs and releases those used longest ago', async () => {
    const { compile, made } = cacheOfFakes();
    const first = await compile(doubling('first'));
    for (let index = 0; index < 30; index++) {
      await compile(doubling(`program ${index}`));
      await first.run({ x });
    }
    expect(living(made)).toBeLessThanOrEqual(12);
    expect(made).toHaveLength(31);
    expect(made[0]?.released).toBe(false);
    expect(made.slice(-11).every(({ released }) => !released)).toBe(true);
  });

  it('stays bounded when many programs are compiled at once', async () => {
    const { compile, made } = cacheOfFakes();
    await Promise.all(Array.from({ length: 30 }, (_, index) => compile(doubling(`program ${index}`))));
    expect(living(made)).toBeLessThanOrEqual(12);
  });

  it('makes a program that it let go anew when it is run again', async () => {
    const { compile, made } = cacheOfFakes();
    const first = await compile(doubling('first'));
    for (let index = 0; index < 20; index++) await compile(doubling(`program ${index}`));
    expect(made[0]?.released).toBe(true);
    await first.run({ x });
    expect(made).toHaveLength(22);
  });

  it('releases everything when it is cleared', async () => {
    const { compile, made, clear } = cacheOfFakes();
    await compile(doubling());
    await compile(doubling('other'));
    await clear();
    expect(living(made)).toBe(0);
  });
});

describe('a program that fails to compile', () => {
  it('is tried again the next time', async () => {
    const cache = new ProgramCache<FakeProgram>(async () => {});
    const failing = async (): Promise<FakeProgram> => Promise.reject(new Error('no'));
    await expect(cache.compile(doubling(), failing)).rejects.toThrow('no');
    await expect(cache.compile(doubling(), async () => new FakeProgram())).resolves.toBeDefined();
  });

  it('does not fail those that push it out of the cache', async () => {
    const cache = new ProgramCache<FakeProgram>(async () => {});
    let fail: (reason: Error) => void = () => {};
    const slow = cache.compile(
      doubling('slow'),
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    const others = Array.from({ length: 13 }, (_, index) =>
      cache.compile(doubling(`program ${index}`), async () => new FakeProgram()),
    );
    fail(new Error('no'));
    await expect(slow).rejects.toThrow('no');
    await expect(Promise.all(others)).resolves.toHaveLength(13);
  });
});

describe.each(engineNames)('%s', (name) => {
  it('finishes calls of more programs at once than it holds', async () => {
    const engine = await engineFor(name);
    const compiled = await Promise.all(
      Array.from({ length: 30 }, (_, index) => engine.compile(scaling(float32([index, -index], [2])))),
    );
    for (let round = 0; round < 3; round++) {
      const results = await Promise.all(compiled.map((program) => program.run({ x })));
      results.forEach(({ y }, index) => {
        expect(listOf(y)).toEqual([index, -2 * index]);
      });
    }
  });

  it('runs each of 30 programs, and the first again', async () => {
    const engine = await engineFor(name);
    const compiled: CompiledProgram[] = [];
    for (let index = 0; index < 30; index++) {
      compiled.push(await engine.compile(scaling(float32([index, -index], [2]))));
    }
    for (const [index, program] of compiled.entries()) {
      expect(listOf((await program.run({ x })).y)).toEqual([index, -2 * index]);
    }
  });

  it('runs a program again after the engine was disposed of', async () => {
    const engine = await engineFor(name);
    const compiled = await engine.compile(doubling());
    await engine.dispose();
    expect(listOf((await compiled.run({ x })).y)).toEqual([2, 4]);
  });

  it('calls the program’s function once for any number of calls, or once a call', async () => {
    const engine = await engineFor(name);
    let calls = 0;
    const base = doubling();
    const counted: Program = {
      ...base,
      run: (tensors) => {
        calls++;
        return base.run(tensors);
      },
    };
    for (let call = 0; call < 3; call++) await (await engine.compile(counted)).run({ x });
    expect(calls).toBe(name === 'onnx' ? 1 : 3);
  });
});
