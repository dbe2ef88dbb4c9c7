import type { CompiledProgram, Program } from './program.ts';
import type { HostTensor } from './tensor.ts';

/** How many compiled programs an engine holds before it lets the one go that was used longest ago. */
const capacity = 12;

/**
 * Compiled programs by name, signature and frozen tensors. Frozen tensors are compared as objects:
 * replacing one means another program.
 */
export class ProgramCache<Compiled extends CompiledProgram> {
  readonly #compiled = new Map<string, Promise<Compiled>>();
  readonly #identities = new WeakMap<HostTensor, number>();
  readonly #release: (compiled: Compiled) => Promise<void>;
  #nextIdentity = 0;

  constructor(release: (compiled: Compiled) => Promise<void>) {
    this.#release = release;
  }

  /**
   * What was compiled before for an equal program, or what `make` gives now. It looks the program up again
   * at each call, and so outlives the moment when the cache lets it go.
   */
  async compile(program: Program, make: () => Promise<Compiled>): Promise<CompiledProgram> {
    const key = this.#keyOf(program);
    await this.#get(key, make);
    return { run: async (feeds, state) => (await this.#get(key, make)).run(feeds, state) };
  }

  /** Releases everything. */
  async clear(): Promise<void> {
    const all = [...this.#compiled.values()];
    this.#compiled.clear();
    for (const compiled of await Promise.allSettled(all)) {
      if (compiled.status === 'fulfilled') await this.#release(compiled.value);
    }
  }

  async #get(key: string, make: () => Promise<Compiled>): Promise<Compiled> {
    const known = this.#compiled.get(key);
    const compiling = known ?? make();
    // At the end again: the first is the one used longest ago.
    this.#compiled.delete(key);
    this.#compiled.set(key, compiling);
    try {
      const compiled = await compiling;
      if (!known) await this.#shrink();
      return compiled;
    } catch (thrown) {
      // Only what failed: another caller may have begun to compile the same program again.
      if (this.#compiled.get(key) === compiling) this.#compiled.delete(key);
      throw thrown;
    }
  }

  async #shrink(): Promise<void> {
    const [oldest] = this.#compiled;
    if (!oldest || this.#compiled.size <= capacity) return;
    const [key, compiled] = oldest;
    this.#compiled.delete(key);
    // Whoever asked for a program that failed to compile has been told.
    const released = await compiled.catch(() => undefined);
    if (released !== undefined) await this.#release(released);
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
