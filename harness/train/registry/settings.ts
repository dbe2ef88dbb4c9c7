import { Ajv, type ErrorObject } from 'ajv';
import { backboneProblem } from '../../backbones/backbone-settings.ts';
import { messageOf, UsageError, UserError } from '../../errors.ts';
import { validateScenario } from '../../stream/load-scenario.ts';
import type { Scenario, Training } from '../../stream/scenario.ts';
import { suggestion } from '../../suggest.ts';
import type { Method } from '../method.ts';

/** A scenario and a method's settings with the caller's overrides applied. */
export interface Resolved {
  readonly scenario: Scenario;
  readonly settings: Record<string, unknown>;
}

/**
 * Applies overrides: `training.x` and `backbone.x` change the scenario's part of that name, everything else is a setting
 * of the method. The caller's word goes before the method's, the method's before the scenario's.
 * @throws UsageError for an unknown key or a value that does not fit, with the nearest key or what would be right;
 *   UserError where the scenario or the method is wrong by itself
 */
export function resolveSettings(
  scenario: Scenario,
  method: Method,
  overrides: Readonly<Record<string, unknown>>,
): Resolved {
  const training: Record<string, unknown> = {};
  const backbone: Record<string, unknown> = {};
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(overrides)) {
    const [, part, name] = /^(training|backbone)\.(.+)$/s.exec(key) ?? [];
    if (part === 'training' && name) training[name] = value;
    else if (part === 'backbone' && name) backbone[name] = value;
    else settings[key] = value;
  }
  return {
    scenario: withOverrides(scenario, method, training, backbone),
    settings: checkedSettings(method, settings),
  };
}

/** A method's settings when the caller changes none. */
export function defaultsOf(method: Method): Record<string, unknown> {
  return checkedSettings(method, {});
}

function withOverrides(
  scenario: Scenario,
  method: Method,
  training: Readonly<Record<string, unknown>>,
  backbone: Readonly<Record<string, unknown>>,
): Scenario {
  const changed = {
    ...scenario,
    training: changeTraining(changeTraining(scenario.training, method.training ?? {}), training),
    backbone: { ...scenario.backbone, ...backbone },
  };
  const isCallers = Object.keys(training).length + Object.keys(backbone).length > 0;
  try {
    const whose = isCallers ? '--set' : `what ${method.name} asks of training`;
    const valid = validateScenario(changed, `${scenario.name} with ${whose}`);
    const problem = backboneProblem(valid.backbone);
    if (problem === undefined) return valid;
    throw new UserError(
      isCallers ? `${scenario.name} with --set: ${problem}` : `${scenario.name}: ${problem}`,
    );
  } catch (thrown) {
    // The file was checked when it was loaded, so that what the caller set is what is wrong now.
    if (isCallers && thrown instanceof UserError) throw new UsageError(messageOf(thrown), { cause: thrown });
    throw thrown;
  }
}

/** A budget in epochs replaces one in updates, and the other way round. */
function changeTraining(
  training: Partial<Training>,
  changes: Readonly<Record<string, unknown>>,
): Partial<Training> {
  const { epochs: _epochs, updates: _updates, ...withoutBudget } = training;
  const budgetChanges = 'epochs' in changes || 'updates' in changes;
  return { ...(budgetChanges ? withoutBudget : training), ...changes };
}

function checkedSettings(method: Method, given: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(method.settings, name)) throw unknownKey(name, method);
  const settings = withWords(method, given);
  const check = new Ajv({
    useDefaults: true,
    allErrors: true,
    strict: false,
  }).compile({
    type: 'object',
    properties: method.settings,
  });
  if (check(settings)) return settings;
  const problems = (check.errors ?? []).map((error) => describe(error, settings));
  throw new UsageError(`Settings of ${method.name}: ${problems.join('; ')}.`);
}

/** Overrides as meant: `--set` reads `true` as JSON; where a text is asked for, it was the word (`fisherLabels=true`). */
export function withWords(
  { settings }: Method,
  overrides: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(overrides).map(([name, value]) => {
      const isWord = settings[name]?.type === 'string' && typeof value === 'boolean';
      return [name, isWord ? String(value) : value];
    }),
  );
}

function describe({ instancePath, message, params }: ErrorObject, settings: Record<string, unknown>): string {
  const name = instancePath.slice(1);
  const choices = 'allowedValues' in params ? ` (${(params.allowedValues as unknown[]).join(', ')})` : '';
  return `${name} is ${JSON.stringify(settings[name])}; it ${message}${choices}`;
}

function unknownKey(key: string, method: Method): UsageError {
  const known = Object.keys(method.settings);
  const all = [...known, 'training.learningRate', 'training.epochs', 'training.batchSize', 'backbone.hidden'];
  const list = known.length > 0 ? known.join(', ') : 'none of its own';
  return new UsageError(
    `The method ${method.name} has no setting "${key}".${suggestion(key, all)} Its settings: ${list}; and training.* and backbone.* of the scenario.`,
  );
}
