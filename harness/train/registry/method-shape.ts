import type { ScenarioKind } from '../../stream/scenario.ts';
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
    unknownProperty(method.between, '"between"', betweenHooks) ??
    wrongWords(method) ??
    wrongSetting(method.settings) ??
    wrongSearch(method) ??
    wrongRows(method.addedRows) ??
    wrongHook(method)
  );
}

const hooks = [
  ...[
    'prepare',
    'beginTask',
    'endTask',
    'trainingTasks',
    'isMeasured',
    'pooling',
    'addedExamples',
    'extraRows',
    'extraInputs',
  ],
  ...['composeBatch', 'numbers', 'linear', 'loss', 'gradients', 'step', 'afterStep', 'predict'],
] as const satisfies readonly (keyof Method)[];

const kinds: readonly unknown[] = Object.keys({
  'class-incremental': true,
  'task-incremental': true,
  'domain-incremental': true,
} satisfies Record<ScenarioKind, true>);

const settingTypes: readonly unknown[] = [
  'number',
  'integer',
  'string',
  'boolean',
  'array',
  'object',
  'null',
];

function wrongWords({ version, title, summary, kinds: stated }: Method): string | undefined {
  if (!Number.isSafeInteger(version) || version < 0)
    return `its version is ${version}; it must be a whole number, raised on any change that could change a result.`;
  for (const [name, text] of Object.entries({ title, summary }))
    if (typeof text !== 'string') return `its ${name} must be a text, not ${shown(text)}.`;
  const isList = Array.isArray(stated) && stated.every((kind) => kinds.includes(kind));
  if (stated === undefined || isList) return undefined;
  return `its kinds are ${shown(stated)}; they must be a list of some of ${kinds.join(', ')}.`;
}

function wrongSetting(settings: Method['settings']): string | undefined {
  for (const [name, schema] of Object.entries(settings) as [string, unknown][]) {
    if (!isObject(schema))
      return `its setting "${name}" is ${shown(schema)}; it must be { type, default, description }.`;
    const { type } = schema as { readonly type?: unknown };
    const types = Array.isArray(type) ? type : [type];
    const unknown = types.find((one) => !settingTypes.includes(one));
    if (type !== undefined && unknown !== undefined)
      return `its setting "${name}" has the type ${shown(unknown)}; it must be one of ${settingTypes.join(', ')}.`;
    if (!('default' in schema)) return `its setting "${name}" has no default.`;
  }
  return undefined;
}

function wrongSearch({ search, settings }: Method): string | undefined {
  const unknown = Object.keys(search ?? {}).find((name) => !name.includes('.') && !(name in settings));
  if (unknown !== undefined)
    return `its search has "${unknown}", which is none of its settings.${suggestion(unknown, Object.keys(settings))}`;
  const wrong = Object.entries(search ?? {}).find(([, values]) => !Array.isArray(values));
  return wrong && `its search of "${wrong[0]}" is ${shown(wrong[1])}; it must be a list of values to try.`;
}

const placesOfRows: readonly unknown[] = Object.keys({
  joined: true,
  apart: true,
} satisfies Record<NonNullable<Method['addedRows']>, true>);

function wrongRows(rows: Method['addedRows']): string | undefined {
  if (rows === undefined || placesOfRows.includes(rows)) return undefined;
  return `its addedRows is ${shown(rows)}; it must be one of ${placesOfRows.join(', ')}.`;
}

function wrongHook(method: Method): string | undefined {
  const { needs: _names, ...between } = method.between ?? {};
  const found: [string, unknown][] = [
    ...hooks.map((name): [string, unknown] => [name, method[name]]),
    ...Object.entries(between).map(([name, hook]): [string, unknown] => [`between.${name}`, hook]),
  ];
  if (method.between !== undefined) found.push(['between.needs', method.between.needs ?? null]);
  const wrong = found.find(([, hook]) => hook !== undefined && typeof hook !== 'function');
  return wrong && `${wrong[0]} is ${shown(wrong[1])}; it must be a function.`;
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value);
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
