import { definitionOf } from './dataset-definition.ts';
import type { DatasetDefinition, ReaderSpec } from './scenario.ts';
import { symmetries } from './symmetries.ts';

/** Whether the dataset brings a validation set of its own, so that none is cut. */
export function bringsValidation({ reader }: DatasetDefinition): boolean {
  if (reader.kind === 'symmetries') return bringsValidation(definitionOf(reader.of));
  if (reader.kind !== 'union') return reader.kind === 'idx' && reader.validation !== undefined;
  return reader.parts.every(({ dataset }) => bringsValidation(definitionOf(dataset)));
}

/** Sizes of the groups of classes by name; null where they are not known before the data are read. */
export function groupSizes(definition: DatasetDefinition): Map<string, number> | null {
  const { reader, groups, name } = definition;
  if (groups !== undefined) {
    return new Map(
      groups.map(({ name, classes }) => [name, typeof classes === 'number' ? classes : classes.length]),
    );
  }
  if (reader.kind === 'idx') return new Map([[name, reader.classes.length]]);
  if (reader.kind === 'symmetries') {
    const sizes = groupSizes(definitionOf(reader.of));
    return sizes && new Map([...sizes].map(([group, size]) => [group, size * symmetries.length]));
  }
  if (reader.kind !== 'union') return null;
  const parts = reader.parts.map(({ dataset }) => groupSizes(definitionOf(dataset)));
  return parts.some((part) => part === null) ? null : new Map(parts.flatMap((part) => [...(part ?? [])]));
}

/** Whether the reader gives every row a domain. */
export function hasDomains(reader: ReaderSpec): boolean {
  if (reader.kind === 'idx') return reader.domains !== undefined;
  if (reader.kind === 'union') return false;
  if (reader.kind === 'symmetries') return hasDomains(definitionOf(reader.of).reader);
  return reader.kind === 'image-folder' ? reader.domains : reader.domainColumn !== undefined;
}
