import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';
import { sha256Of } from './readers/data-file.ts';
import type { Scenario } from './scenario.ts';

/** Which of the listed orders is wanted, and what relative paths refer to. */
interface Wanted {
  readonly classOrderSeed: number;
  readonly baseDirectory?: string;
}

/**
 * The order of classes that the scenario's file lists for a seed; null for scenarios that name no file.
 *
 * The file is CSV with a line of headings. Each line has a seed, then for each class, in natural order, its new number:
 * its position in the order. So a published experiment is repeated with the very orders that its seeds gave.
 * @returns the class at each position
 * @throws UserError if the file is missing, has another checksum, two lines for one seed or none for this one, or if the
 *   line is no order
 */
export function listedOrder(
  { name, classOrder }: Pick<Scenario, 'name' | 'classOrder'>,
  classes: readonly string[],
  { classOrderSeed, baseDirectory = process.cwd() }: Wanted,
): readonly number[] | null {
  if (typeof classOrder === 'string') return null;
  const { path, sha256 } = classOrder.listed;
  const full = resolve(baseDirectory, path);
  const lines = readLines(full, sha256, name);
  const line = lines.find(([seed]) => seed === String(classOrderSeed));
  if (line === undefined) {
    const seeds = lines.map(([seed]) => seed).join(', ');
    throw new UserError(
      `Scenario "${name}": ${full} lists no class order for seed ${classOrderSeed}. ` +
        `Its seeds are ${seeds}; choose among them with --seeds.`,
    );
  }
  return inverse(line.slice(1), classes.length, `${full}, seed ${classOrderSeed}`);
}

/**
 * A seed of the role "class order" with which the scenario's stream can be opened.
 * @throws UserError if the file of the class orders is missing, has another checksum or lists none
 */
export function someOrderSeed(
  { name, classOrder }: Pick<Scenario, 'name' | 'classOrder'>,
  baseDirectory: string,
): number {
  if (typeof classOrder === 'string') return 1;
  const { path, sha256 } = classOrder.listed;
  const full = resolve(baseDirectory, path);
  const [seed] = readLines(full, sha256, name)[0] ?? [];
  if (seed !== undefined && /^\d+$/.test(seed)) return Number(seed);
  throw new UserError(
    `Scenario "${name}": ${full} lists no class order. A line must follow that of the headings, and begin with a seed.`,
  );
}

function readLines(path: string, sha256: string, scenario: string): string[][] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(
      `Scenario "${scenario}": the class orders in ${path} cannot be read (${messageOf(error)}). ` +
        'Correct $.classOrder.listed.path.',
    );
  }
  const found = sha256Of(bytes);
  if (found !== sha256) {
    throw new UserError(
      `Scenario "${scenario}": the class orders in ${path} are not those of the scenario.\n` +
        `  its SHA-256:  ${found}\n  expected:     ${sha256}\nRestore the file, or state its checksum.`,
    );
  }
  const options = { trim: true, skipEmptyLines: true, relaxColumnCount: true, info: true } as const;
  const lines = (parse(bytes, options) as unknown as NumberedLine[]).slice(1);
  checkSeeds(lines, `Scenario "${scenario}": ${path}`);
  return lines.map(({ record }) => record);
}

/** A line of the file as the parser hands it over. */
interface NumberedLine {
  readonly record: string[];
  /** `lines` is the line's number, from 1. */
  readonly info: { readonly lines: number };
}

/** Of two orders for one seed nobody could say which a run had. @throws UserError naming both lines */
function checkSeeds(lines: readonly NumberedLine[], where: string): void {
  const lineOf = new Map<string, number>();
  for (const { record, info } of lines) {
    const seed = record[0] ?? '';
    const first = lineOf.get(seed);
    if (first !== undefined)
      throw new UserError(
        `${where} lists two class orders for seed ${seed}, in lines ${first} and ${info.lines}. ` +
          'Keep one of them, and state the checksum of the file as it is then.',
      );
    lineOf.set(seed, info.lines);
  }
}

/** The class at each position, from the position of each class. @throws UserError unless each position occurs once */
function inverse(positions: readonly string[], classes: number, where: string): number[] {
  const order = new Array<number>(classes).fill(-1);
  positions.forEach((text, member) => {
    const position = /^\d+$/.test(text) ? Number(text) : -1;
    if (order[position] === -1) order[position] = member;
  });
  if (positions.length === classes && !order.includes(-1)) return order;
  throw new UserError(
    `${where}: the new numbers are ${positions.join(', ')}; each of 0 to ${classes - 1} must stand there once, ` +
      `one for each of the ${classes} classes.`,
  );
}
