import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { EngineError, type Program, type Tensors } from '../../harness/engine/program.ts';
import { float32, int32, scalar } from '../../harness/engine/tensor.ts';
import { adding, doubling, engineFor, engineNames } from './support.ts';

const pair = { shape: [2], dtype: 'float32' } as const;
const x = float32([1, 2], [2]);

/** A program of one input `x`. */
function programOf(run: (x: tf.Tensor) => Tensors, name = 'example'): Program {
  return { name, inputs: { x: pair }, run: (tensors) => run(tensors.x as tf.Tensor) };
}

/** The message of the EngineError that the action ends with. */
async function complaint(action: () => Promise<unknown>): Promise<string> {
  const thrown = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(EngineError);
  return (thrown as EngineError).message;
}

describe.each(engineNames)('%s says what is wrong with a call', (name) => {
  it('of a program with one name for two tensors', async () => {
    const engine = await engineFor(name);
    const twice: Program = { ...programOf((given) => ({ y: given })), state: { x: pair } };
    expect(await complaint(async () => engine.compile(twice))).toBe(
      'Program "example" has two tensors "x": one is an input, one of the state. Rename one of them.',
    );
  });

  it('of a program that draws random numbers, and leaves those of others alone', async () => {
    const engine = await engineFor(name);
    const drawing = programOf((given) => ({ y: tf.dropout(given, 0.5) }), 'drawing');
    const message = await complaint(async () => (await engine.compile(drawing)).run({ x }));
    expect(message).toContain('Program "drawing" draws random numbers');
    expect(message).toContain('extraInputs');
    expect(Math.random()).toBeLessThan(1);
  });

  it('that lacks an input', async () => {
    const compiled = await (await engineFor(name)).compile(doubling());
    expect(await complaint(() => compiled.run({}))).toBe(
      'Program "doubling" needs the input "x" (float32[2]).',
    );
  });

  it.each([
    ['another shape', float32([1, 2, 3], [3]), 'float32[3]'],
    ['another rank', float32([1, 2], [1, 2]), 'float32[1, 2]'],
    ['another type', int32([1, 2], [2]), 'int32[2]'],
    ['a scalar', scalar(1), 'float32[]'],
  ])('whose input has %s', async (_, given, shown) => {
    const compiled = await (await engineFor(name)).compile(doubling());
    expect(await complaint(() => compiled.run({ x: given }))).toBe(
      `Program "doubling": input "x" must be float32[2], but ${shown} was given.`,
    );
  });

  it.each(['z', 'toString'])('with an input that is not known, %s', async (unknown) => {
    const compiled = await (await engineFor(name)).compile(doubling());
    expect(await complaint(() => compiled.run({ x, [unknown]: x }))).toBe(
      `Program "doubling" has no input "${unknown}"; its inputs are x.`,
    );
  });

  it('that lacks its state, in whole or in part', async () => {
    const engine = await engineFor(name);
    const compiled = await engine.compile(adding());
    const message = 'Program "adding" needs the state "total" (float32[2]).';
    expect(await complaint(() => compiled.run({ x }))).toBe(message);
    expect(await complaint(() => compiled.run({ x }, engine.createState({ other: x })))).toBe(message);
  });

  it('whose state has another shape', async () => {
    const engine = await engineFor(name);
    const compiled = await engine.compile(adding());
    const state = engine.createState({ total: scalar(1) });
    expect(await complaint(() => compiled.run({ x }, state))).toBe(
      'Program "adding": state "total" must be float32[2], but it is float32[].',
    );
  });

  it('that reads a tensor which the state does not have', async () => {
    const state = (await engineFor(name)).createState({ total: x });
    expect(await complaint(() => state.read(['totals']))).toBe('The state has no tensor "totals".');
  });

  it('whose program returns state of another shape', async () => {
    const engine = await engineFor(name);
    const program: Program = { ...adding(), run: ({ total }) => ({ total: tf.sum(total as tf.Tensor) }) };
    const state = engine.createState({ total: x });
    const run = async (): Promise<unknown> => (await engine.compile(program)).run({ x }, state);
    expect(await complaint(run)).toBe(
      'Program "adding" returns "total" as float32[], but the state holds float32[2].',
    );
    expect([...((await state.read()).total?.data ?? [])]).toEqual([1, 2]);
  });
});

it.each([
  ['onnx', 'cpu'],
  ['cpu', 'onnx'],
] as const)('the %s engine refuses state of the %s engine', async (own, other) => {
  const compiled = await (await engineFor(own)).compile(adding());
  const foreign = (await engineFor(other)).createState({ total: x });
  expect(await complaint(() => compiled.run({ x }, foreign))).toBe(
    'This state was made by another engine; make it with createState of the engine that runs.',
  );
});

describe('recording refuses', () => {
  async function refusal(program: Program): Promise<string> {
    const engine = await engineFor('onnx');
    return complaint(() => engine.compile(program));
  }

  it.each([
    ['dataSync', (value: tf.Tensor) => value.dataSync(), 'Exp'],
    ['arraySync', (value: tf.Tensor) => value.arraySync(), 'Exp'],
    ['print', (value: tf.Tensor) => value.print(), 'Exp'],
  ])('to read a value by %s, and names the op and the program', async (_, read, op) => {
    const program = programOf((value) => {
      read(tf.exp(value));
      return { y: value };
    }, 'peeking');
    expect(await refusal(program)).toBe(
      `Program "peeking" reads the value of a tensor (the result of ${op}) while it is recorded. ` +
        'A program may not look at values: return the tensor as an output, or write the choice with tf.where.',
    );
  });

  it('to read an input', async () => {
    const program = programOf((value) => ({ y: tf.fill([1], value.dataSync()[0] ?? 0) }), 'peeking');
    expect(await refusal(program)).toContain('reads the value of a tensor (the result of input)');
  });

  it('a kernel that is not in the table, and names it', async () => {
    expect(await refusal(programOf((value) => ({ y: tf.atan(value) }), 'turning'))).toBe(
      'Program "turning" uses the TF.js kernel Atan, which the onnx engine cannot record. ' +
        'Write it with other ops, add a row to harness/engine/onnx/kernels, or choose --engine wasm.',
    );
  });

  it('a kernel that only a gradient needs', async () => {
    const run = (value: tf.Tensor): Tensors => ({ y: tf.grad((z) => tf.prod(z))(value) });
    expect(await refusal(programOf(run))).toContain('uses the TF.js kernel Cumprod');
  });

  it('a gather in a batch along a later axis', async () => {
    const program: Program = {
      name: 'gathering',
      inputs: { x: { shape: [2, 3, 4], dtype: 'float32' }, at: { shape: [2, 1], dtype: 'int32' } },
      run: (tensors) => ({ y: tf.gather(tensors.x as tf.Tensor, tensors.at as tf.Tensor2D, 2, 1) }),
    };
    expect(await refusal(program)).toContain('transpose so that the axis is 1');
  });

  it('a tensor that was made outside of the program', async () => {
    const engine = await engineFor('onnx');
    await (await engineFor('cpu')).compile(doubling());
    await tf.setBackend('cpu');
    const outside = tf.tensor1d([3, 4]);
    const program = programOf((value) => ({ y: tf.mul(value, outside) }), 'borrowing');
    expect(await complaint(() => engine.compile(program))).toBe(
      'Program "borrowing" uses a tensor that was made outside of it. ' +
        'Pass it in as an input, as state or as a frozen tensor.',
    );
    expect([...outside.dataSync()]).toEqual([3, 4]);
    outside.dispose();
  });

  it('a tensor that another recording made', async () => {
    const engine = await engineFor('onnx');
    let kept: tf.Tensor | undefined;
    await engine.compile(
      programOf((value) => {
        kept = tf.keep(tf.exp(value));
        return { y: kept };
      }, 'lender'),
    );
    const program = programOf((value) => ({ y: tf.mul(value, kept as tf.Tensor) }), 'borrower');
    expect(await complaint(() => engine.compile(program))).toContain(
      'Program "borrower" uses a tensor that was made',
    );
    kept?.dispose();
  });

  it('a tensor of text', async () => {
    const program = programOf((value) => ({ y: value, z: tf.tensor(['a', 'b']) }), 'writing');
    expect(await refusal(program)).toBe(
      'Tensors of type "string" cannot be part of a program; use float32, int32 or bool.',
    );
  });

  it('nothing after an error: the next program records well', async () => {
    const engine = await engineFor('onnx');
    await complaint(() => engine.compile(programOf((value) => ({ y: tf.atan(value) }))));
    const compiled = await engine.compile(doubling());
    expect([...((await compiled.run({ x })).y?.data ?? [])]).toEqual([2, 4]);
  });
});

it("an error thrown by a program's own code reaches the caller as it is", async () => {
  for (const name of engineNames) {
    const engine = await engineFor(name);
    const program = programOf(() => {
      throw new RangeError('my own');
    });
    await expect(engine.compile(program).then((compiled) => compiled.run({ x }))).rejects.toThrow(
      new RangeError('my own'),
    );
  }
});
