import {
  add,
  customGrad,
  type GradSaveFunc,
  mul,
  type Scalar,
  scalar,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import { copyOf } from '../engine/tensor.ts';
import type { Learner } from './learner.ts';
import type { Scope } from './method.ts';

/** How much a parameter matters, of its own shape; undefined for one that is not held. */
export type ImportanceOf = (parameter: string) => Tensor | undefined;

/**
 * *Program.* `Σ_i Ω_i (θ_i − θ*_i)²` over the parameters that have an anchor θ*, kept as `anchor.<parameter>`.
 * Its gradient `2 Ω (θ − θ*)` is written out: it costs half of what deriving it would.
 * @param importanceOf gives Ω; 1 everywhere when left out
 * @returns 0 where nothing is held yet
 */
export function quadraticPenalty<Settings>(scope: Scope<Settings>, importanceOf?: ImportanceOf): Scalar {
  const pulls = held(scope, importanceOf).map(([, value, anchor, importance]) =>
    customGrad((theta, save) => {
      const difference = sub(theta as Tensor, anchor);
      const weighted = importance ? mul(importance, difference) : difference;
      (save as GradSaveFunc)([weighted]);
      return {
        value: sum(mul(weighted, difference)),
        gradFunc: (dy: Tensor, [saved]: Tensor[]) => mul(saved as Tensor, mul(dy, 2)),
      };
    })(value),
  );
  return pulls.length > 0 ? (pulls.reduce((total, pull) => add(total, pull)) as Scalar) : scalar(0);
}

/** *Program.* The gradient of {@link quadraticPenalty}, `2 Ω (θ − θ*)`, by parameter name. */
export function quadraticPenaltyGradients<Settings>(
  scope: Scope<Settings>,
  importanceOf: ImportanceOf,
): Tensors {
  return Object.fromEntries(
    held(scope, importanceOf).map(([name, value, anchor, importance]) => [
      name,
      mul(mul(importance as Tensor, sub(value, anchor)), 2),
    ]),
  );
}

/** *Host.* Makes the weights as they are now the anchor of every trained parameter. */
export function keepAnchors<Settings>(learner: Learner<Settings>): void {
  for (const name of learner.trainable) learner.kept[`anchor.${name}`] = copyOf(learner.parameter(name));
}

function held<Settings>(
  { parameters, kept }: Scope<Settings>,
  importanceOf?: ImportanceOf,
): [name: string, value: Tensor, anchor: Tensor, importance: Tensor | undefined][] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    const anchor = kept[`anchor.${name}`];
    const importance = importanceOf?.(name);
    if (!anchor || (importanceOf && !importance)) return [];
    return [[name, value, anchor, importance]];
  });
}
