import type { ListedExamples } from './tiny-data.ts';

/** A soft-max of a linear layer, worked out in plain float64: the reference that programs are compared with. */
export interface LinearModel {
  /** A row for each output. */
  readonly weight: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

/** A model of the values that a tensor `[outputs, inputs]` and one `[outputs]` hold. */
export function linearModel(weight: ArrayLike<number>, bias: ArrayLike<number>): LinearModel {
  const inputs = weight.length / bias.length;
  const rows = Array.from(bias, (_, output) =>
    Array.from(weight).slice(output * inputs, (output + 1) * inputs),
  );
  return { weight: rows, bias: Array.from(bias) };
}

/** Probabilities over the outputs; those that are no candidates have 0. */
export function probabilities(
  { weight, bias }: LinearModel,
  input: readonly number[],
  candidates: readonly number[] = [...weight.keys()],
): number[] {
  const logits = weight.map(
    (row, output) =>
      (bias[output] ?? 0) + row.reduce((sum, value, index) => sum + value * (input[index] ?? 0), 0),
  );
  const powers = logits.map((logit, output) => (candidates.includes(output) ? Math.exp(logit) : 0));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** One step of gradient descent on the mean cross-entropy of examples. */
export function descend(model: LinearModel, examples: ListedExamples, learningRate: number): LinearModel {
  const errors = examples.inputs.map((input, row) =>
    probabilities(model, input).map((share, output) => share - (examples.labels[row] === output ? 1 : 0)),
  );
  const mean = (term: (row: number) => number): number =>
    errors.reduce((sum, _, row) => sum + term(row), 0) / errors.length;
  return {
    weight: model.weight.map((weights, output) =>
      weights.map((value, index) => {
        const gradient = mean((row) => (errors[row]?.[output] ?? 0) * (examples.inputs[row]?.[index] ?? 0));
        return value - learningRate * gradient;
      }),
    ),
    bias: model.bias.map((value, output) => value - learningRate * mean((row) => errors[row]?.[output] ?? 0)),
  };
}
