import { expect, it } from 'vitest';
import { parseFiniteJson } from '../../harness/record/finite-json.ts';

it('reads JSON, but no number that would become infinite', () => {
  expect(parseFiniteJson('{"a": [1, -1e308, null, "1e999"]}')).toEqual({ a: [1, -1e308, null, '1e999'] });
  for (const text of ['1e999', '{"a": [-1e400]}', '{'])
    expect(() => parseFiniteJson(text)).toThrow(SyntaxError);
});
