import { mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import type { Method } from './method.ts';

/** {@link Method.numbers} of methods that look a step ahead: `learningRate`, that of the step. */
export const learningRateOfStep: NonNullable<Method<never>['numbers']> = (_settings, { learningRate }) => ({
  learningRate,
});

/** Where one step of plain gradient descent leads from the parameters that have gradients. */
export function stepped(parameters: Tensors, gradients: Tensors, learningRate: Tensor | undefined): Tensors {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      name,
      sub(parameters[name] as Tensor, mul(gradient, learningRate as Tensor)),
    ]),
  );
}
