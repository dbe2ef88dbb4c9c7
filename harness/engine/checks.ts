import { EngineError, type Program } from './program.ts';
import { describe, sameSpec, type TensorSpec } from './tensor.ts';

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
