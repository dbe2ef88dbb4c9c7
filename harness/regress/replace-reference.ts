import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RunDefinition } from '../record/run-record.ts';
import { type Reference, readReference } from './reference.ts';

/** What a new reference is written over. */
export interface ReplacedReference {
  /** Null where the file is no reference, or was edited or cut short. */
  readonly runs: number | null;
  /** `a reference of 5 runs (ewc on split-mnist-class@1)`. */
  readonly text: string;
}

/** Whether runs were made with the same settings of method, training and backbone; source and versions may differ. */
export function haveSameSettings(
  one: Omit<RunDefinition, 'seeds'>,
  other: Omit<RunDefinition, 'seeds'>,
): boolean {
  return settingsOf(one) === settingsOf(other);
}

function settingsOf({ method, training, backbone }: Omit<RunDefinition, 'seeds'>): string {
  return canonicalJson([method.name, method.settings, training, backbone]);
}

/**
 * What lies where a new reference is to be written.
 *
 * Fewer runs show less, and the larger reference would be lost without a word, so a smaller one of the same settings has to
 * be forced upon it. With other settings the new one is of another kind, which is a reason of its own.
 * @returns null where there is nothing
 * @throws UserError where the new one has the same settings and fewer runs, unless it is forced
 */
export function replacedBy(
  reference: Reference,
  path: string,
  { force }: { readonly force: boolean },
): ReplacedReference | null {
  if (!existsSync(path)) return null;
  const old = readOld(path);
  if (old === null)
    return { runs: null, text: 'a file that was no reference, or no longer what was recorded' };
  const { scenario, method } = old.definition;
  const text = `a reference of ${old.runs.length} runs (${method.name} on ${scenario.name}@${scenario.version})`;
  if (
    !force &&
    haveSameSettings(reference.definition, old.definition) &&
    reference.runs.length < old.runs.length
  )
    throw new UserError(
      `${path} is ${text} with the same settings; one of ${reference.runs.length} would show less. ` +
        `Record at least ${old.runs.length} runs, or replace it all the same with --force.`,
    );
  return { runs: old.runs.length, text };
}

/** A damaged reference is no reason against a new one: to record anew is what its error advises. */
function readOld(path: string): Reference | null {
  try {
    return readReference(path);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
