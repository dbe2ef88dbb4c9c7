import { existsSync, readFileSync } from 'node:fs';
import { dataDifferences } from '../compare/same-data.ts';
import { messageOf, UserError } from '../errors.ts';
import { leastForInterval } from '../evaluate/statistics.ts';
import { canonicalJson, digestOf } from '../record/canonical.ts';
import { replaceFile, withFileErrors } from '../record/files.ts';
import { parseFiniteJson } from '../record/finite-json.ts';
import { isNestedTooDeeply } from '../record/nesting.ts';
import { checkReference, type Reference, referenceFormat } from './reference-schema.ts';
import { matrixOf, type RunSample } from './run-sample.ts';

export type { Reference } from './reference-schema.ts';

/** @throws UserError for fewer than three runs: a reference must know its own spread */
export function referenceFrom(
  sample: RunSample,
  overrides: Readonly<Record<string, unknown>> = {},
): Reference {
  if (sample.runs.length < leastForInterval) {
    throw new UserError(
      `A reference needs at least ${leastForInterval} runs to know its spread; here are ${sample.runs.length}. ` +
        'Ten or more make a sharp one: --seeds 10.',
    );
  }
  return { format: referenceFormat, overrides, ...sample };
}

/** Writes a reference, a run a line, with the digest of its content. @throws UserError when it cannot be written */
export function writeReference(path: string, reference: Reference): void {
  const { runs, ...head } = reference;
  const digest = digestOf(reference);
  const lines = [
    ...Object.entries({ ...head, digest }).map(
      ([key, value]) => `${JSON.stringify(key)}: ${canonicalJson(value)}`,
    ),
    `"runs": [\n${runs.map((run) => `  ${canonicalJson(run)}`).join(',\n')}\n]`,
  ];
  replaceFile(path, `{\n${lines.join(',\n')}\n}\n`);
}

/**
 * Reads a reference.
 * @throws UserError for a file that is missing, cut short, edited (its digest does not fit), or has impossible numbers
 */
export function readReference(path: string): Reference {
  if (!existsSync(path)) {
    throw new UserError(`There is no reference ${path}. Make one with "palimpsest regress … --record".`);
  }
  const text = withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8'));
  if (isNestedTooDeeply(text)) throw new UserError(`${path} is not a reference: it is nested too deeply.`);
  const checked = checkReference(parse(text, path));
  if ('problem' in checked) throw new UserError(`${path} is not a reference: ${checked.problem}.`);
  const { digest, ...reference } = checked.reference;
  if (digestOf(reference) !== digest) {
    throw new UserError(
      `${path} is not what was recorded (its digest does not fit): it was edited or cut short. ` +
        'Restore it, or record it anew with --record.',
    );
  }
  try {
    for (const run of reference.runs) matrixOf(run, reference.tasks);
  } catch (error) {
    throw new UserError(`${path} is not a reference: ${messageOf(error)}`);
  }
  return reference;
}

/**
 * Refuses to judge runs by a reference that was measured on something else.
 * @throws UserError naming every difference
 */
export function checkComparable(
  candidate: RunSample['definition'],
  reference: RunSample['definition'],
): void {
  const differences = dataDifferences(candidate, reference);
  if (differences.length === 0) return;
  throw new UserError(
    `The runs cannot be judged by this reference: ${differences.join('; ')} (runs and reference). ` +
      'Record a reference of the present scenario and data with --record.',
  );
}

function parse(text: string, path: string): unknown {
  try {
    return parseFiniteJson(text);
  } catch (error) {
    throw new UserError(
      `${path} is not JSON (${messageOf(error)}): it was cut short or edited. Restore it, or record it anew.`,
    );
  }
}
