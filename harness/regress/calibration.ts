import { matMul, mul, relu, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine, Program } from '../engine/program.ts';
import { float32, type HostTensor } from '../engine/tensor.ts';
import { Random } from '../random.ts';
import { processorSeconds } from './timing.ts';

const rows = 64;
const width = 256;

/**
 * A step like one of training: a forward product, its nonlinearity, the product of the backward pass, and an update. It is
 * part of what a reference means, so it must never change.
 */
const program: Program = {
  name: 'calibration',
  inputs: { x: { dtype: 'float32', shape: [rows, width] } },
  state: { weights: { dtype: 'float32', shape: [width, width] } },
  run: ({ x, weights }: Record<string, Tensor>) => {
    if (x === undefined || weights === undefined) throw new Error('The calibration lost its tensors.');
    const hidden = relu(matMul(x, weights));
    return { weights: sub(weights, mul(matMul(x, hidden, true), 1e-6)) };
  },
};

const stepsInBlock = 40;
const blocks = 9;

/** How long a fixed piece of work takes on an engine now: the median of nine blocks, in seconds of processor time. */
export async function calibrate(engine: Engine): Promise<number> {
  const random = new Random(1, 'calibration');
  const filled = (...shape: [number, number]): HostTensor =>
    float32(
      Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform() - 0.5),
      shape,
    );
  const x = filled(rows, width);
  const weights = filled(width, width);
  const state = engine.createState({ weights });
  try {
    const compiled = await engine.compile(program);
    const seconds: number[] = [];
    for (let block = 0; block <= blocks; block++) {
      const begun = processorSeconds();
      for (let step = 0; step < stepsInBlock; step++) await compiled.run({ x }, state);
      seconds.push(processorSeconds() - begun);
    }
    // The first block warms up.
    const measured = seconds.slice(1).sort((left, right) => left - right);
    return measured[Math.floor(measured.length / 2)] ?? 0;
  } finally {
    state.dispose();
  }
}
