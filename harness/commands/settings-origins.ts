import { UserError } from '../errors.ts';
import type { SettingsOrigin } from '../leaderboard/from-runs.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RunDefinition } from '../record/run-record.ts';
import { readTunedSettings, type TunedSettings } from '../record/tuned-settings.ts';
import { differingSettings } from '../report/differing-settings.ts';
import { loadScenario, scenarioNames } from '../stream/load-scenario.ts';
import type { Scenario } from '../stream/scenario.ts';
import { scenarioDigest } from '../stream/scenario-digest.ts';
import type { Method } from '../train/method.ts';
import { loadMethod, methodNames } from '../train/registry/methods.ts';
import { defaultsOf, resolveSettings } from '../train/registry/settings.ts';
import { tunedFile } from './tuned-for.ts';

/**
 * Tells of a run whether its settings are the defaults, those that `palimpsest tune` found, or others. It is
 * `unknown` where the method does not come with the program in the version that was run; and where the scenario does
 * not, unless the method's own settings were changed.
 * @param definitions what will be asked about
 * @param results the folder with `tuned/`
 */
export async function settingsOrigins(
  definitions: readonly RunDefinition[],
  results: string,
): Promise<(definition: RunDefinition) => SettingsOrigin> {
  const methods = await present(
    definitions.map(({ method }) => method.name),
    methodNames(),
    async (name) => (await loadMethod(name)).method,
  );
  const scenarios = await present(
    definitions.map(({ scenario }) => scenario.name),
    scenarioNames(),
    loadScenario,
  );
  const tuned = new Map(
    [...scenarios.keys()].map((name) => [name, readTunedSettings(tunedFile(results, name))] as const),
  );
  return (definition) => {
    const method = methods.get(definition.method.name);
    const scenario = scenarios.get(definition.scenario.name);
    if (definition.imported !== undefined || method === undefined) return { origin: 'unknown', changed: [] };
    if (method.version !== definition.method.version)
      return { origin: 'unknown', changed: allOf(definition.method) };
    if (scenario === undefined || scenarioDigest(scenario) !== definition.scenario.digest)
      return originOfMethod(definition, method);
    return originOf(definition, scenario, method, tuned.get(scenario.name));
  };
}

/** Which settings of another version are its defaults is not known, so all are told. */
function allOf({ version, settings }: RunDefinition['method']): string[] {
  const entries = Object.entries({ version, ...settings });
  return entries.map(([key, value]) => `${key}=${typeof value === 'string' ? value : canonicalJson(value)}`);
}

async function present<Item>(
  wanted: readonly string[],
  known: readonly string[],
  load: (name: string) => Promise<Item>,
): Promise<Map<string, Item>> {
  const names = [...new Set(wanted)].filter((name) => known.includes(name));
  return new Map(await Promise.all(names.map(async (name) => [name, await load(name)] as const)));
}

/**
 * Of a scenario that is not here, such as one of the user's own, training and
 * backbone cannot be told; the method's settings can.
 */
function originOfMethod(definition: RunDefinition, method: Method): SettingsOrigin {
  const usual = { ...definition, method: { ...definition.method, settings: defaultsOf(method) } };
  const changed = differingSettings([definition, usual], 0);
  return { origin: changed.length === 0 ? 'unknown' : 'custom', changed };
}

function originOf(
  definition: RunDefinition,
  scenario: Scenario,
  method: Method,
  tuned: TunedSettings | undefined,
): SettingsOrigin {
  const usual = resolvedWith(definition, scenario, method, {});
  const changed = usual === undefined ? [] : differingSettings([definition, usual], 0);
  if (usual !== undefined && changed.length === 0) return { origin: 'default', changed };
  const found =
    tuned?.scenario.digest === definition.scenario.digest ? tuned.methods[method.name] : undefined;
  const best =
    found?.version === method.version
      ? resolvedWith(definition, scenario, method, found.settings)
      : undefined;
  return { origin: best !== undefined && same(best, definition) ? 'tuned' : 'custom', changed };
}

/** The definition with the settings that it would have with these overrides; undefined where they do not fit any more. */
function resolvedWith(
  definition: RunDefinition,
  scenario: Scenario,
  method: Method,
  overrides: Readonly<Record<string, unknown>>,
): RunDefinition | undefined {
  try {
    const resolved = resolveSettings(scenario, method, overrides);
    return {
      ...definition,
      method: { ...definition.method, settings: resolved.settings },
      training: resolved.scenario.training,
      backbone: withWeightsOf(definition, resolved.scenario.backbone),
    };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The run's own checksum of its weights: they come with the backbone, nobody sets them. */
function withWeightsOf({ backbone }: RunDefinition, usual: Scenario['backbone']): RunDefinition['backbone'] {
  const { weightsDigest } = backbone as { readonly weightsDigest?: unknown };
  return weightsDigest === undefined ? usual : { ...usual, weightsDigest };
}

function same(left: RunDefinition, right: RunDefinition): boolean {
  const parts = ({ method, training, backbone }: RunDefinition) =>
    canonicalJson([method.settings, training, backbone]);
  return parts(left) === parts(right);
}
