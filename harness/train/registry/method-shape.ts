import { suggestion } from '../../suggest.ts';
import type { BetweenHook, Method } from '../method.ts';

/** What a method may have; tsc wants a hook that is added to {@link Method} here, too. */
const properties = Object.keys({
  name: true,
  version: true,
  title: true,
  summary: true,
  paper: true,
  settings: true,
  training: true,
  search: true,
  kinds: true,
  needs: true,
  withoutBackbone: true,
  prepare: true,
  beginTask: true,
  endTask: true,
  trainingTasks: true,
  isMeasured: true,
  pooling: true,
  addedExamples: true,
  extraRows: true,
  addedRows: true,
  extraInputs: true,
  composeBatch: true,
  numbers: true,
  between: true,
  linear: true,
  loss: true,
  gradients: true,
  step: true,
  afterStep: true,
  predict: true,
} satisfies Record<keyof Method, true>);

const needs = Object.keys({
  taskIdentityAtTest: true,
  pastData: true,
} satisfies Record<keyof NonNullable<Method['needs']>, true>);

const betweenHooks = Object.keys({
  needs: true,
  refresh: true,
  gradients: true,
} satisfies Record<keyof BetweenHook<unknown>, true>);

/** The name is part of folders' names, of `--set <name>.<setting>` and of tables; `+` is there for `der++`. */
const namePattern = /^[a-z0-9][a-z0-9+-]*$/;

/** Whether a value has what every method has. */
export function isMethod(value: unknown): value is Method {
  if (!isObject(value)) return false;
  const { name, version, settings } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof version === 'number' && isObject(settings);
}

/**
 * What is wrong in a method although it has what every method has. Each hook is optional, so that one under another name
 * would never be called, and the results would be those of fine-tuning.
 * @returns undefined when nothing is, else a sentence with the cause and the cure
 */
export function methodProblem(method: Method): string | undefined {
  if (!namePattern.test(method.name)) {
    return (
      `the name ${JSON.stringify(method.name)} cannot be used: write it in lower-case letters, digits and hyphens, ` +
      'beginning with a letter or a digit.'
    );
  }
  return (
    unknownProperty(method, 'a method', properties) ??
    unknownProperty(method.needs, '"needs"', needs) ??
    unknownProperty(method.between, '"between"', betweenHooks)
  );
}

function unknownProperty(value: unknown, owner: string, known: readonly string[]): string | undefined {
  const unknown = isObject(value) ? Object.keys(value).find((key) => !known.includes(key)) : undefined;
  if (unknown === undefined) return undefined;
  return (
    `${owner} has no property "${unknown}", so that nothing would ever call or read it.${suggestion(unknown, known)} ` +
    `Known are: ${known.join(', ')}. Helpers are functions of the file.`
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
