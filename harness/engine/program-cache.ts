import type { CompiledProgram, Program } from './program.ts';
import type { HostTensor } from './tensor.ts';

/** How many compiled programs an engine holds before it lets the one go that was used longest ago. */
const capacity = 12;

/** A program that is compiled, or being compiled. */
interface Entry<Compiled> {
  readonly compiling: Promise<Compiled>;
  /** What is being done with it. */
  readonly uses: Set<Promise<unknown>>;
}

/**
 * Compiled programs by name, variant, signature and frozen tensors. Frozen tensors are compared as objects:
 * replacing one means another program.
 */
export class ProgramCache<Compiled extends CompiledProgram> {
  readonly #entries = new Map<string, Entry<Compiled>>();
  readonly #leaving = new Set<Promise<void>>();
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
    await this.#use(key, make, async () => {});
    return { run: (feeds, state) => this.#use(key, make, (compiled) => compiled.run(feeds, state)) };
  }

  /** Releases everything, each when what is being done with it has ended. */
  async clear(): Promise<void> {
    for (const key of [...this.#entries.keys()]) this.#letGo(key);
    await Promise.all(this.#leaving);
  }

  #use<Result>(
    key: string,
    make: () => Promise<Compiled>,
    action: (compiled: Compiled) => Promise<Result>,
  ): Promise<Result> {
    const known = this.#entries.get(key);
    const entry = known ?? { compiling: make(), uses: new Set() };
    // At the end again: the first is the one used longest ago.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const use = this.#compiled(key, entry, known === undefined).then(action);
    entry.uses.add(use);
    return use.finally(() => entry.uses.delete(use));
  }

  async #compiled(key: string, entry: Entry<Compiled>, isNew: boolean): Promise<Compiled> {
    try {
      const compiled = await entry.compiling;
      const [oldest] = this.#entries.keys();
      if (isNew && oldest !== undefined && this.#entries.size > capacity) this.#letGo(oldest);
      return compiled;
    } catch (thrown) {
      // Only what failed: another caller may have begun to compile the same program again.
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw thrown;
    }
  }

  #letGo(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    if (entry === undefined) return;
    const leaving = this.#releaseUnused(entry);
    this.#leaving.add(leaving);
    // Who clears the cache is told what went wrong.
    leaving.then(
      () => this.#leaving.delete(leaving),
      () => {},
    );
  }

  async #releaseUnused({ compiling, uses }: Entry<Compiled>): Promise<void> {
    await Promise.allSettled(uses);
    // Whoever asked for a program that failed to compile has been told.
    const compiled = await compiling.catch(() => undefined);
    if (compiled !== undefined) await this.#release(compiled);
  }

  #keyOf({ name, variant = '', inputs, state = {}, frozen = {} }: Program): string {
    const identities = Object.entries(frozen).map(([of, tensor]) => [of, this.#identityOf(tensor)]);
    return JSON.stringify([name, variant, specs(inputs), specs(state), identities]);
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
