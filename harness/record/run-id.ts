import { digestOf } from './canonical.ts';
import type { RunDefinition } from './run-record.ts';

/**
 * The id of a run, and the name of its directory: `<scenario>.<method>.<12 hexadecimal digits>`. The digits begin the
 * digest of everything that determines the result, so that the same run is always found under the same id.
 */
export function runId(definition: RunDefinition): string {
  const names = [definition.scenario.name, definition.method.name].map((name) =>
    name.replaceAll(/[^\w-]/g, '-'),
  );
  return [...names, digestOf(definition).slice(0, 12)].join('.');
}
