import { canonicalJson } from '../record/canonical.ts';
import type { RunDefinition } from '../record/run-record.ts';

/**
 * What tells one definition from the others of the same method in a table, as `key=value`: method settings by their own
 * name, all else by a dotted name (`training.epochs`, `engine.name`). Checksums are cut to their first eight digits.
 */
export function differingSettings(definitions: readonly RunDefinition[], index: number): string[] {
  return differingSettingsOfEach(definitions)[index] ?? [];
}

/** `differingSettings` of each definition, in time that grows with their number and not with its square. */
export function differingSettingsOfEach(definitions: readonly RunDefinition[]): string[][] {
  const valuesByMethod = new Map<string, Map<string, Set<string | undefined>>>();
  const countByMethod = new Map<string, number>();
  const flattened = definitions.map((definition) => {
    const { name } = definition.method;
    const flat = flatten(definition);
    const seen = valuesByMethod.get(name) ?? new Map<string, Set<string | undefined>>();
    const earlier = countByMethod.get(name) ?? 0;
    for (const key of new Set([...seen.keys(), ...flat.keys()])) {
      // A key that those before did not have differs from them, and so does one that this definition lacks.
      const values = seen.get(key) ?? new Set(earlier > 0 ? [undefined] : []);
      seen.set(key, values.add(flat.get(key)));
    }
    valuesByMethod.set(name, seen);
    countByMethod.set(name, earlier + 1);
    return { name, flat };
  });
  return flattened.map(({ name, flat }) =>
    [...(valuesByMethod.get(name) ?? [])]
      .filter(([, values]) => values.size > 1)
      .map(([key]) => `${key}=${flat.get(key) ?? 'none'}`),
  );
}

/** Everything of a definition that a row has in common, as dotted name to text. */
function flatten(definition: RunDefinition): Map<string, string> {
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
