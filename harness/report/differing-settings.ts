import { canonicalJson } from '../record/canonical.ts';
import type { RunDefinition } from '../record/run-record.ts';

/** What can tell rows of a method apart: a run's definition without scenario, data and seeds. */
export type ComparedDefinition = Pick<
  RunDefinition,
  'method' | 'training' | 'backbone' | 'engine' | 'palimpsest'
>;

/**
 * What tells one definition from the others of the same method in a table, as `key=value`: method settings by their own
 * name, all else by a dotted name (`training.epochs`, `engine.name`). Checksums are cut to their first eight digits.
 */
export function differingSettings(definitions: readonly ComparedDefinition[], index: number): string[] {
  return allDifferingSettings(definitions)[index] ?? [];
}

/** `differingSettings` of every definition, in time that grows with their number and not with its square. */
export function allDifferingSettings(definitions: readonly ComparedDefinition[]): string[][] {
  const flat = definitions.map(flatten);
  const groups = new Map<string, Map<string, string>[]>();
  definitions.forEach(({ method }, index) => {
    const rivals = groups.get(method.name);
    const own = flat[index] ?? new Map<string, string>();
    if (rivals === undefined) groups.set(method.name, [own]);
    else rivals.push(own);
  });
  const differing = new Map([...groups].map(([name, rivals]) => [name, differingKeys(rivals)]));
  return definitions.map(({ method }, index) =>
    (differing.get(method.name) ?? []).map((key) => `${key}=${flat[index]?.get(key) ?? 'none'}`),
  );
}

/** Keys whose values are not the same in all. */
function differingKeys(rivals: readonly ReadonlyMap<string, string>[]): string[] {
  const values = new Map<string, Set<string | undefined>>();
  for (const rival of rivals) for (const key of rival.keys()) values.set(key, new Set());
  for (const [key, seen] of values) for (const rival of rivals) seen.add(rival.get(key));
  return [...values].flatMap(([key, seen]) => (seen.size > 1 ? [key] : []));
}

/** Everything of a definition that a row has in common, as dotted name to text. */
function flatten(definition: ComparedDefinition): Map<string, string> {
  const { method, training, backbone, engine, palimpsest } = definition;
  const flat = new Map<string, string>();
  collect(flat, '', method.settings);
  collect(flat, 'training.', training);
  collect(flat, 'backbone.', backbone);
  collect(flat, 'engine.', engine);
  collect(flat, '', { version: method.version, source: method.digest.slice(0, 8), palimpsest });
  return flat;
}

function collect(flat: Map<string, string>, prefix: string, values: object): void {
  for (const [key, value] of Object.entries(values) as [string, unknown][]) {
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      collect(flat, `${prefix}${key}.`, value);
    else flat.set(`${prefix}${key}`, typeof value === 'string' ? value : canonicalJson(value));
  }
}
