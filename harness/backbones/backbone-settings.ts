import type { BackboneSpec } from '../stream/scenario.ts';
import { suggestion } from '../suggest.ts';
import type { MlpInitialisation } from './mlp.ts';

// Nothing of TF.js is imported here: a plan and a scenario's file are checked without loading it.

/** Returns what would be right when a setting's value is wrong. */
type Check = (value: unknown) => string | undefined;

const mlpInitialisations: readonly string[] = Object.keys({
  uniform: true,
  'xavier-uniform': true,
} satisfies Record<MlpInitialisation, true>);

/** The settings of each backbone. */
const settingsOf = {
  mlp: { hidden: listOfCounts, initialisation },
  vit: {
    patch: count,
    width: count,
    depth: count,
    heads: count,
    mlpRatio: optionalCount,
    weights: optionalPath,
  },
  'vit-glyphs': {},
} satisfies Readonly<Record<string, Readonly<Record<string, Check>>>>;

/** Name of a backbone that there is. */
export type BackboneName = keyof typeof settingsOf;

/**
 * What is wrong in a backbone by itself; whether it fits an input is known when it is opened.
 * @returns undefined when nothing is, else sentences with the cause and the cure
 */
export function backboneProblem({ name, ...settings }: BackboneSpec): string | undefined {
  if (!isBackboneName(name)) {
    const known = Object.keys(settingsOf);
    return `There is no backbone "${name}".${suggestion(name, known)} Known are: ${known.join(', ')}.`;
  }
  const checks: Readonly<Record<string, Check>> = settingsOf[name];
  const known = Object.keys(checks);
  const unknown = Object.keys(settings).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return (
      `The backbone ${name} has no setting "${unknown}".${suggestion(unknown, known)} ` +
      `It has: ${known.join(', ') || 'none'}.`
    );
  }
  for (const [key, check] of Object.entries(checks)) {
    const right = check(settings[key]);
    if (right)
      return `backbone.${key} is ${JSON.stringify(settings[key]) ?? 'missing'}; it must be ${right}.`;
  }
  return undefined;
}

/** Names of the backbones that may start from the weights of a file: those with the setting `weights`. */
export function backbonesWithWeights(): string[] {
  return Object.entries(settingsOf).flatMap(([name, settings]) => ('weights' in settings ? [name] : []));
}

/** Whether there is a backbone of this name. */
export function isBackboneName(name: string): name is BackboneName {
  return Object.hasOwn(settingsOf, name);
}

function count(value: unknown): string | undefined {
  return Number.isInteger(value) && (value as number) > 0 ? undefined : 'a whole number above 0';
}

function optionalCount(value: unknown): string | undefined {
  return value === undefined ? undefined : count(value);
}

function optionalPath(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? undefined : 'the path of a safetensors file';
}

function initialisation(value: unknown): string | undefined {
  return value === undefined || mlpInitialisations.some((known) => known === value)
    ? undefined
    : `one of ${mlpInitialisations.join(', ')}`;
}

function listOfCounts(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((entry) => count(entry) === undefined)
    ? undefined
    : 'a list of layer widths, e.g. [400, 400]';
}
