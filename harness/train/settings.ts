import { Ajv, type ErrorObject } from 'ajv';
import { UsageError } from '../errors.ts';
import { validateScenario } from '../stream/load-scenario.ts';
import type { Scenario } from '../stream/scenario.ts';
import { suggestion } from '../suggest.ts';
import type { Method } from './method.ts';

/** A scenario and a method's settings with the caller's overrides applied. */
export interface Resolved {
  readonly scenario: Scenario;
  readonly settings: Record<string, unknown>;
}

/**
 * Applies overrides: `training.x` and `backbone.x` change the scenario's part of that name, everything else is a setting
 * of the method. The caller's word goes before the method's, the method's before the scenario's.
 * @throws UsageError for an unknown key or a value that does not fit, with the nearest key or what would be right
 */
export function resolveSettings(
  scenario: Scenario,
  method: Method,
  overrides: Readonly<Record<string, unknown>>,
): Resolved {
  const parts = { training: {}, backbone: {}, settings: {} } as Record<string, Record<string, unknown>>;
  for (const [key, value] of Object.entries(overrides)) {
    const [part, name] = key.split(/\.(.*)/s) as [string, string | undefined];
    const target = name !== undefined && part !== 'settings' ? parts[part] : parts.settings;
    if (!target) throw unknownKey(key, method);
    target[name ?? part] = value;
  }
  return {
    scenario: withOverrides(scenario, method, parts.training ?? {}, parts.backbone ?? {}),
    settings: checkedSettings(method, parts.settings ?? {}),
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
  const combined: Record<string, unknown> = { ...scenario.training, ...method.training, ...training };
  if ('updates' in training && !('epochs' in training)) delete combined.epochs;
  if ('epochs' in training && !('updates' in training)) delete combined.updates;
  const changed = { ...scenario, training: combined, backbone: { ...scenario.backbone, ...backbone } };
  return validateScenario(changed, `${scenario.name} with --set`);
}

function checkedSettings(method: Method, given: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(given)) if (!(name in method.settings)) throw unknownKey(name, method);
  const settings = { ...given };
  const check = new Ajv({ useDefaults: true, allErrors: true, strict: false }).compile({
    type: 'object',
    properties: method.settings,
  });
  if (check(settings)) return settings;
  const problems = (check.errors ?? []).map((error) => describe(error, settings));
  throw new UsageError(`Settings of ${method.name}: ${problems.join('; ')}.`);
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
