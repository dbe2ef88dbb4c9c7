import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, UsageError, UserError } from '../errors.ts';
import { findMetric, type Metric } from '../evaluate/metrics/index.ts';
import { withFileErrors } from '../record/files.ts';
import { parseFiniteJson } from '../record/finite-json.ts';
import { suggestion } from '../suggest.ts';
import { type PublishedCell, parsePublished, publishedFraction } from './published.ts';
import { type Binding, checkReproduction, type Reproduction } from './reproduction-schema.ts';

/** Folder of the papers that come with the program. */
export const papersFolder = fileURLToPath(new URL('../../results/papers/', import.meta.url));

/** A published cell and what stands for it here. */
export interface BoundCell {
  readonly published: PublishedCell;
  readonly binding: Binding;
}

/** A paper's table: its published values, each bound. */
export interface PaperTable {
  /** `hsu-2018/table-2`. */
  readonly id: string;
  /** Path of the reproduction file. */
  readonly file: string;
  readonly reproduction: Reproduction;
  /** What its cells are judged by; null where none can be run. */
  readonly metric: Metric | null;
  readonly cells: readonly BoundCell[];
}

/**
 * Names of all tables in a folder of papers, `<paper>/<table>`, in alphabetical order: reproduction files, and whatever
 * stands beside published values of the same name. Scenarios and notes may lie beside them.
 */
export function tableNames(papers: string): string[] {
  if (!existsSync(papers)) throw new UsageError(`There is no folder of papers ${papers}.`);
  return readdirSync(papers, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: paper }) =>
      readdirSync(join(papers, paper))
        .filter((file) => file.endsWith('.json') && !file.endsWith('.record.json'))
        .map((file) => `${paper}/${basename(file, '.json')}`),
    )
    .filter((table) => isTable(join(papers, table)))
    .sort();
}

/** @param path without `.json` */
function isTable(path: string): boolean {
  if (existsSync(`${path}.csv`)) return true;
  try {
    return readFileSync(`${path}.json`, 'utf8').includes('"palimpsest-reproduction@');
  } catch {
    return false;
  }
}

/**
 * Loads a table by its name. A paper's name alone will do where it has one table.
 * @throws UsageError for an unknown paper or table, with the nearest name; UserError where its files are not valid
 */
export function loadTable(name: string, papers: string): PaperTable {
  const known = tableNames(papers);
  const ofPaper = known.filter((table) => dirname(table) === name);
  const [only] = ofPaper;
  const id = ofPaper.length === 1 && only !== undefined ? only : name;
  if (!known.includes(id)) throw unknownTable(name, known, ofPaper);
  const file = join(papers, `${id}.json`);
  const reproduction = readReproduction(file);
  const csv = join(papers, `${id}.csv`);
  const published = parsePublished(readText(csv, `${file} binds the cells of ${basename(csv)}`), csv);
  const metric = metricOf(reproduction, file);
  return { id, file, reproduction, metric, cells: bind(published, reproduction, file) };
}

function metricOf({ metric }: Reproduction, file: string): Metric | null {
  try {
    return metric === undefined ? null : findMetric(metric);
  } catch (error) {
    throw new UserError(`${file}: ${messageOf(error)}`);
  }
}

function unknownTable(name: string, known: readonly string[], ofPaper: readonly string[]): UsageError {
  if (ofPaper.length > 0) {
    return new UsageError(`The paper ${name} has several tables: ${ofPaper.join(', ')}. Name one of them.`);
  }
  const papers = [...new Set(known.map((table) => dirname(table)))];
  const [paper = ''] = name.split('/');
  const choices = papers.includes(paper) ? known.filter((table) => dirname(table) === paper) : known;
  return new UsageError(
    `There is no table "${name}".${suggestion(name, [...choices, ...papers])} ` +
      (papers.includes(paper)
        ? `Tables of ${paper} are ${choices.join(', ')}.`
        : '"palimpsest reproduce ls" lists papers and tables.'),
  );
}

function readReproduction(file: string): Reproduction {
  const text = readText(file, 'A table needs a reproduction file');
  let value: unknown;
  try {
    value = parseFiniteJson(text);
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${messageOf(error)}.`);
  }
  const checked = checkReproduction(value);
  if ('problem' in checked) throw new UserError(`${file} is not a reproduction file: ${checked.problem}.`);
  return checked.reproduction;
}

function readText(path: string, why: string): string {
  if (!existsSync(path)) throw new UserError(`There is no file ${path}. ${why}.`);
  return withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8'));
}

/**
 * Gives each cell its one binding.
 * @throws UserError naming the cell that has none or two, or the pattern that fits none
 */
function bind(published: readonly PublishedCell[], reproduction: Reproduction, file: string): BoundCell[] {
  const { bindings, supplies = {} } = reproduction;
  const found = new Map<string, Binding>();
  for (const binding of bindings) {
    if ('missing' in binding) checkSupplies(binding.cells, binding.missing, Object.keys(supplies), file);
    for (const pattern of binding.cells) {
      const fitting = cellsLike(pattern, published);
      if (fitting.length === 0) {
        const near = suggestion(
          pattern,
          published.map(({ id }) => id),
        );
        throw new UserError(`${file} binds the cell "${pattern}", which the table does not have.${near}`);
      }
      for (const { id } of fitting) {
        const earlier = found.get(id);
        if (earlier !== undefined && earlier !== binding)
          throw new UserError(`${file} binds the cell ${id} twice. Leave one of the bindings out.`);
        found.set(id, binding);
      }
    }
  }
  return published.map((cell) => {
    const binding = found.get(cell.id);
    if (binding === undefined) {
      throw new UserError(
        `${file} does not bind the cell ${cell.id}. Name its scenario and method, or what is missing to run it.`,
      );
    }
    checkComparable(cell, binding, reproduction, file);
    return { published: cell, binding };
  });
}

function checkComparable(
  cell: PublishedCell,
  binding: Binding,
  { metric, seeds }: Reproduction,
  file: string,
): void {
  if ('missing' in binding) return;
  if (metric === undefined || (seeds === undefined && binding.seeds === undefined)) {
    throw new UserError(
      `${file}: the cell ${cell.id} is to be run, so the file must name "metric" and "seeds".`,
    );
  }
  if (publishedFraction(cell) === null) {
    throw new UserError(
      `${file}: the cell ${cell.id} is to be run, but its published value, "${cell.text}" (${cell.unit}), is no accuracy.`,
    );
  }
}

function checkSupplies(
  cells: readonly string[],
  missing: readonly string[],
  known: readonly string[],
  file: string,
): void {
  const unknown = missing.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UserError(
    `${file}: the cells ${cells.join(', ')} lack "${unknown}", which is not among its supplies.${suggestion(unknown, known)}`,
  );
}

/** Cells whose name fits a pattern: `*` stands for any text. */
export function cellsLike(pattern: string, cells: readonly PublishedCell[]): PublishedCell[] {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&'));
  const fits = new RegExp(`^${parts.join('.*')}$`, 's');
  return cells.filter(({ id }) => fits.test(id));
}
