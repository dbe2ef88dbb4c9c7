import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Program } from '../../harness/engine/program.ts';
import { float32, int32 } from '../../harness/engine/tensor.ts';
import { adding, engineFor, engineNames, listOf } from './support.ts';

const x = float32([1, 2], [2]);
const pair = { shape: [2], dtype: 'float32' } as const;

/** `a ← b, b ← a`, which goes wrong where a buffer is written before it is read. */
const exchanging: Program = {
  name: 'exchanging',
  inputs: {},
  state: { a: pair, b: pair },
  run: ({ a, b }) => ({ a: b as Tensor, b: a as Tensor }),
};

/** Reads `total` without replacing it. */
const looking: Program = {
  name: 'looking',
  inputs: {},
  state: { total: pair },
  run: ({ total }) => ({ twice: mul(total as Tensor, 2) }),
};

describe.each(engineNames)('state on %s', (name) => {
  it('is carried from call to call', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([0, 0], [2]) });
    const compiled = await engine.compile(adding());
    const before: number[][] = [];
    for (let call = 0; call < 4; call++) before.push(listOf((await compiled.run({ x }, state)).before));
    expect(before).toEqual([
      [0, 0],
      [1, 2],
      [2, 4],
      [3, 6],
    ]);
    expect(listOf((await state.read()).total)).toEqual([4, 8]);
  });

  it('is read as copies, which later calls leave alone and which cannot change it', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([0, 0], [2]) });
    const compiled = await engine.compile(adding());
    await compiled.run({ x }, state);
    const first = (await state.read(['total'])).total;
    for (let call = 0; call < 3; call++) await compiled.run({ x }, state);
    expect(listOf(first)).toEqual([1, 2]);
    first?.data.fill(99);
    expect(listOf((await state.read()).total)).toEqual([4, 8]);
  });

  it('is a copy of what it was made from', async () => {
    const engine = await engineFor(name);
    const [made, written] = [float32([5, 6], [2]), float32([7, 8], [2])];
    const state = engine.createState({ made });
    state.write({ written });
    made.data.fill(0);
    written.data.fill(0);
    await (await engine.compile(adding())).run({ x }, engine.createState({ total: x }));
    expect(Object.values(await state.read()).map(listOf)).toEqual([
      [5, 6],
      [7, 8],
    ]);
  });

  it('does not share memory with the results or the inputs of a call', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([0, 0], [2]) });
    const compiled = await engine.compile(adding());
    const feed = float32([1, 2], [2]);
    const { before } = await compiled.run({ x: feed }, state);
    feed.data.fill(50);
    before?.data.fill(60);
    const again = await compiled.run({ x }, state);
    expect(listOf(again.before)).toEqual([1, 2]);
    expect(listOf(before)).toEqual([60, 60]);
  });

  it('can change places', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ a: float32([1, 1], [2]), b: float32([2, 2], [2]) });
    const compiled = await engine.compile(exchanging);
    for (let call = 0; call < 3; call++) await compiled.run({}, state);
    const { a, b } = await state.read();
    expect([listOf(a), listOf(b)]).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  it('is shared by the programs that name it', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([0, 0], [2]), other: x });
    const [add, addAgain, look] = [
      await engine.compile(adding()),
      await engine.compile(adding('adding again')),
      await engine.compile(looking),
    ];
    await add.run({ x }, state);
    await addAgain.run({ x }, state);
    expect(listOf((await look.run({}, state)).twice)).toEqual([4, 8]);
    await add.run({ x }, state);
    expect(listOf((await look.run({}, state)).twice)).toEqual([6, 12]);
    expect(listOf((await state.read()).other)).toEqual([1, 2]);
  });

  it('of two sets stays apart under one program', async () => {
    const engine = await engineFor(name);
    const compiled = await engine.compile(adding());
    const [one, two] = [
      engine.createState({ total: x }),
      engine.createState({ total: float32([9, 9], [2]) }),
    ];
    await compiled.run({ x }, one);
    await compiled.run({ x }, two);
    await compiled.run({ x }, two);
    expect(listOf((await one.read()).total)).toEqual([2, 4]);
    expect(listOf((await two.read()).total)).toEqual([11, 13]);
  });

  it('is updated by every one of the calls that are made without waiting', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([0, 0], [2]) });
    const [one, two] = [await engine.compile(adding()), await engine.compile(adding('adding again'))];
    const calls = Array.from({ length: 10 }, (_, index) => (index % 2 ? one : two).run({ x }, state));
    await Promise.all(calls);
    expect(listOf((await state.read()).total)).toEqual([10, 20]);
  });

  it('can be replaced between calls, also by another shape', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([0, 0], [2]) });
    const compiled = await engine.compile(adding());
    await compiled.run({ x }, state);
    state.write({ total: float32([10, 20], [2]) });
    await compiled.run({ x }, state);
    expect(listOf((await state.read()).total)).toEqual([11, 22]);
    state.write({ total: int32([1], [1]) });
    expect((await state.read()).total).toEqual(int32([1], [1]));
  });

  it('can be read by name, and all of it', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ a: x, b: int32([3], [1]) });
    expect(Object.keys(await state.read())).toEqual(['a', 'b']);
    expect(await state.read(['b'])).toEqual({ b: int32([3], [1]) });
    expect(await state.read([])).toEqual({});
  });
});
