/**
 * JSON whose numbers are all finite. The grammar has no infinity, but `JSON.parse` reads 1e999 as one, and nothing that is
 * computed or written from it is right.
 * @throws SyntaxError for what is not JSON, and for a number that is too large
 */
export function parseFiniteJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new SyntaxError('a number is too large for a float64');
    return value;
  }) as unknown;
}
