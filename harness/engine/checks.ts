import { EngineError, type Program, type Tensors } from './program.ts';
import { describe, sameSpec, type TensorSpec } from './tensor.ts';

/** Throws where a name stands for two tensors: a program could see one of them only, and engines would differ in which. */
export function checkNames({ name, inputs, state = {}, frozen = {} }: Program): void {
  const groups = { 'an input': inputs, 'of the state': state, 'a frozen tensor': frozen };
  const seen = new Map<string, string>();
  for (const [group, tensors] of Object.entries(groups)) {
    for (const tensor of Object.keys(tensors)) {
      const other = seen.get(tensor);
      if (other !== undefined) {
        throw new EngineError(
          `Program "${name}" has two tensors "${tensor}": one is ${other}, one ${group}. Rename one of them.`,
        );
      }
      seen.set(tensor, group);
    }
  }
}

/**
 * What the program's function makes of the tensors. It may draw no random numbers: recorded once, they would be the same at
 * each step without a word.
 * @throws EngineError when it does
 */
export function withoutRandomness({ name, run }: Program, tensors: Tensors): Tensors {
  const { random } = Math;
  Math.random = () => {
    throw new EngineError(
      `Program "${name}" draws random numbers, which would be the same at each step: it runs once, to be recorded. ` +
        'Declare a tensor with extraInputs, fill it in composeBatch from the random that is given there, and use that ' +
        '(for dropout: compare it with the rate, and multiply).',
    );
  };
  try {
    return run(tensors);
  } finally {
    Math.random = random;
  }
}

/** Throws unless every output that replaces a state tensor has that tensor's shape and type. */
export function checkStateOutputs(program: Program, outputs: Iterable<[string, TensorSpec]>): void {
  for (const [name, given] of outputs) {
    const held = program.state?.[name];
    if (held && !sameSpec(held, given)) {
      throw new EngineError(
        `Program "${program.name}" returns "${name}" as ${describe(given)}, but the state holds ${describe(held)}.`,
      );
    }
  }
}

/** Throws unless the state holds what the program needs, in the right shape. */
export function checkState(program: Program, find: (name: string) => TensorSpec | undefined): void {
  for (const [name, spec] of Object.entries(program.state ?? {})) {
    const held = find(name);
    if (!held)
      throw new EngineError(`Program "${program.name}" needs the state "${name}" (${describe(spec)}).`);
    if (!sameSpec(spec, held)) {
      throw new EngineError(
        `Program "${program.name}": state "${name}" must be ${describe(spec)}, but it is ${describe(held)}.`,
      );
    }
  }
}
