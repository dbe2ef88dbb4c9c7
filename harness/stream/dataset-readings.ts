import { digestOf } from '../record/canonical.ts';
import { definitionOf } from './dataset-definition.ts';
import type { DatasetDefinition } from './scenario.ts';

/**
 * Digests of how the named datasets in a dataset are read, where that is a matter of their
 * definition: which columns are the input, how a test set is cut, what a union takes of its parts.
 * Two that read the same files differently are two datasets.
 *
 * A definition in place is in the scenario's digest, so only the names in it count here. IDX files say themselves what is
 * in them, and so do all symmetries of such.
 */
export function readingsOf(dataset: string | DatasetDefinition): string[] {
  const { reader, groups } = definitionOf(dataset);
  switch (reader.kind) {
    case 'idx':
      return [];
    case 'symmetries':
      return readingsOf(reader.of);
    case 'union': {
      const parts = reader.parts.flatMap((part) => readingsOf(part.dataset));
      return typeof dataset === 'string' ? [digestOf({ reader, groups }), ...parts] : parts;
    }
    default:
      return typeof dataset === 'string' ? [digestOf({ reader, groups })] : [];
  }
}
