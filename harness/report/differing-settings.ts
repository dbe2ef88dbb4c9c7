import { canonicalJson } from '../record/canonical.ts';
import type { RunDefinition } from '../record/run-record.ts';

/**
 * What tells one definition from the others of the same method in a table, as `key=value`: method settings by their own
 * name, all else by a dotted name (`training.epochs`, `engine.name`). Checksums are cut to their first eight digits.
 */
export function differingSettings(definitions: readonly RunDefinition[], index: number): string[] {
  const own = definitions[index];
  if (own === undefined) return [];
  const rivals = definitions.filter((other) => other.method.name === own.method.name).map(flatten);
  const mine = flatten(own);
  const keys = [...new Set(rivals.flatMap((rival) => [...rival.keys()]))];
  return keys
    .filter((key) => new Set(rivals.map((rival) => rival.get(key))).size > 1)
    .map((key) => `${key}=${mine.get(key) ?? 'none'}`);
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
