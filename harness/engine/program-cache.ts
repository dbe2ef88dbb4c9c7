import type { Program } from './program.ts';
import type { HostTensor } from './tensor.ts';

/** How many compiled programs an engine holds before it lets the one go that was used longest ago. */
const capacity = 12;

/**
 * Compiled programs by name, signature and frozen tensors. Frozen tensors are compared as objects:
 * replacing one means another program.
 */
export class ProgramCache<Compiled> {
  readonly #compiled = new Map<string, Promise<Compiled>>();
  readonly #identities = new WeakMap<HostTensor, number>();
  readonly #release: (compiled: Compiled) => Promise<void>;
  #nextIdentity = 0;

  constructor(release: (compiled: Compiled) => Promise<void>) {
    this.#release = release;
  }

  /** What was compiled before for an equal program, or what `compile` gives now. */
  async get(program: Program, compile: () => Promise<Compiled>): Promise<Compiled> {
    const key = this.#keyOf(program);
    const known = this.#compiled.get(key);
    const compiled = known ?? compile();
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    if (!known) await this.#shrink();
    try {
      return await compiled;
    } catch (thrown) {
      this.#compiled.delete(key);
      throw thrown;
    }
  }

  /** Releases everything. */
  async clear(): Promise<void> {
    const all = [...this.#compiled.values()];
    this.#compiled.clear();
    for (const compiled of await Promise.allSettled(all)) {
      if (compiled.status === 'fulfilled') await this.#release(compiled.value);
    }
  }

  async #shrink(): Promise<void> {
    const [oldest] = this.#compiled;
    if (!oldest || this.#compiled.size <= capacity) return;
    const [key, compiled] = oldest;
    this.#compiled.delete(key);
    await this.#release(await compiled);
  }

  #keyOf(program: Program): string {
    const frozen = Object.entries(program.frozen ?? {}).map(([name, tensor]) => [
      name,
      this.#identityOf(tensor),
    ]);
    return JSON.stringify([program.name, specs(program.inputs), specs(program.state ?? {}), frozen]);
  }

  #identityOf(tensor: HostTensor): number {
    let identity = this.#identities.get(tensor);
    if (identity === undefined) {
      identity = this.#nextIdentity++;
      this.#identities.set(tensor, identity);
    }
    return identity;
  }
}

function specs(tensors: Program['inputs']): unknown[] {
  return Object.entries(tensors).map(([name, { shape, dtype }]) => [name, dtype, shape]);
}
