import { suggestion } from '../suggest.ts';
import { datasetNames } from './dataset-folders.ts';
import type { Problem } from './problems.ts';
import { resolveGroups } from './resolve-groups.ts';
import type { DatasetFile, ReaderFile } from './scenario-defaults.ts';

/** What is wrong in a definition that the schema accepts; `path` is where it stands. */
export function definitionProblems(file: DatasetFile, path: string): Problem[] {
  const problems = readerProblems(file.reader, `${path}.reader`);
  const classes = file.reader.kind === 'idx' ? file.reader.classes : null;
  if (classes === null || file.groups === undefined) return problems;
  const wrong: Problem[] = [];
  resolveGroups(file, classes, wrong);
  return [
    ...problems,
    ...wrong.map((problem) => ({ ...problem, path: problem.path.replace('$', () => path) })),
  ];
}

/** What is wrong in a reader although each of its properties is right by itself. */
function readerProblems(reader: ReaderFile, path: string): Problem[] {
  if (reader.kind === 'idx') return idxProblems(reader, path);
  if (reader.kind === 'union') return unionProblems(reader, path);
  if (reader.kind === 'symmetries') return nameProblems(reader.of, `${path}.of`, '');
  const problems: Problem[] = [];
  if (reader.test !== undefined && reader.split !== undefined) {
    problems.push({
      path: `${path}.split`,
      message: 'has no effect beside "test"; leave one of the two out',
    });
  }
  if (reader.kind === 'image-folder') return problems;
  if (reader.kind === 'jsonl' && reader.delimiter !== undefined) {
    problems.push({ path: `${path}.delimiter`, message: 'is of CSV alone; leave it out' });
  }
  if (reader.domainColumn === reader.labelColumn) {
    problems.push({ path: `${path}.domainColumn`, message: 'is the label column; it must be another one' });
  }
  if (reader.featureColumns?.includes(reader.labelColumn)) {
    problems.push({
      path: `${path}.featureColumns`,
      message: `contains the label column "${reader.labelColumn}"; the input must not hold the answer`,
    });
  }
  return problems;
}

function idxProblems(reader: Extract<ReaderFile, { kind: 'idx' }>, path: string): Problem[] {
  const parts = (['train', 'validation', 'test'] as const).filter((part) => reader[part] !== undefined);
  return parts.flatMap((part) => {
    const has = reader[part]?.domains !== undefined;
    if (has === (reader.domains !== undefined)) return [];
    return has
      ? [{ path, message: `lacks "domains", the names for ${path}.${part}.domains; it must be a list` }]
      : [{ path: `${path}.${part}`, message: 'lacks "domains", the file with the number of each domain' }];
  });
}

function unionProblems(reader: Extract<ReaderFile, { kind: 'union' }>, path: string): Problem[] {
  return reader.parts.flatMap(({ dataset }, index): Problem[] => {
    const at = `${path}.parts[${index}].dataset`;
    return typeof dataset === 'string'
      ? nameProblems(dataset, at, ', or a definition in place')
      : definitionProblems(dataset, at);
  });
}

/** @param otherwise what might stand there instead of a name */
function nameProblems(dataset: string, path: string, otherwise: string): Problem[] {
  const known = datasetNames();
  if (known.includes(dataset)) return [];
  const list = known.map((name) => `"${name}"`).join(', ');
  const near = suggestion(dataset, known);
  return [{ path, message: `is "${dataset}"; it must be one of ${list}${otherwise}${near && `.${near}`}` }];
}
