import { messageOf, UserError } from '../errors.ts';
import { type SourceFile, textOf } from './source-file.ts';

/** A JSON file whose outermost value is an object, by its keys. @throws UserError */
export function jsonEntries(file: SourceFile): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(textOf(file).replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file.path} is not JSON, or is cut short: ${messageOf(error)}.`);
  }
  return entriesOf(value, file.path);
}

/** The entries of an object. @param at Its place, for errors. @throws UserError */
export function entriesOf(value: unknown, at: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${at}: an object was expected, {...}.`);
  }
  return new Map(Object.entries(value));
}
