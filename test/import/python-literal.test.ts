import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { readLiteral } from '../../harness/import/python-literal.ts';

describe('readLiteral', () => {
  it.each([
    ['{}', new Map()],
    [
      "{'a': 1, 2: [True, None],}",
      new Map<string, unknown>([
        ['a', 1],
        ['2', [true, null]],
      ]),
    ],
    ['(1,)', [1]],
    ['(1)', 1],
    ['()', []],
    ['-1.5e-3', -0.0015],
    ['5.', 5],
    ["'it\\'s \\u20ac\\x41\\n'", "it's €A\n"],
    ['"it\'s"', "it's"],
    ['[np.float64(90.5), numpy.int64(3)]', [90.5, 3]],
    ["{'__proto__': 1}", new Map([['__proto__', 1]])],
  ])('reads %s', (text, value) => {
    expect(readLiteral(text, 'a')).toEqual(value);
  });

  it('passes over printed objects only where they are expected', () => {
    const text = "{'device': device(type='cuda', index=0)}";
    expect(readLiteral(text, 'a', ['device'])).toEqual(new Map([['device', { call: 'device' }]]));
    expect(() => readLiteral(text, 'a')).toThrow('it names "device"');
  });

  it.each([
    [
      '__import__("os").system("x")',
      'the Python literal is not data: it names "__import__", at its character 1',
    ],
    ['[1, nan]', 'the Python literal has the number nan, at its character 5'],
    ['-inf', 'is not data'],
    ['1e999', 'too large'],
    ['9'.repeat(400), 'too large'],
    ['1 + 1', 'goes on after its end'],
    ['1j', 'has a number that is none'],
    ['0x10', 'has a number that is none'],
    ["b'a'", 'is not data'],
    ["f'{x}'", 'is not data'],
    ['{1, 2}', 'has "," where ":" was expected'],
    ["{'a': 1, 'a': 2}", 'has the key "a" twice'],
    ["{('a',): 1}", 'has a key that is no text'],
    ["'abc", 'has a string without an end'],
    ["'\\N{DIGIT ONE}'", 'has an escape that Python does not print'],
    ["'\\U00110000'", 'beyond Unicode'],
    ['[1, 2', 'is cut short'],
    ['', 'is cut short'],
    ['[x for x in y]', 'it names "x"'],
    ["np.float64('a')", 'a NumPy scalar that is no number'],
    ['['.repeat(100_000), 'nested more than 50 deep'],
    [' '.repeat(17 * 2 ** 20), 'longer than'],
  ])('refuses %.40s', (text, message) => {
    expect(() => readLiteral(text, 'a')).toThrow(UserError);
    expect(() => readLiteral(text, 'a')).toThrow(message);
  });

  it('reads back whatever Python prints of such data', () => {
    const leaf = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (data) => {
        expect(plain(readLiteral(python(data), 'a'))).toEqual(data);
      }),
      { numRuns: 500 },
    );
  });
});

/** How Python prints plain data. */
function python(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : String(value);
  if (typeof value === 'string') return pythonString(value);
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  const entries = Object.entries(value as object).map(
    ([key, item]) => `${pythonString(key)}: ${python(item)}`,
  );
  return `{${entries.join(', ')}}`;
}

function pythonString(text: string): string {
  const escaped = [...text].map((character) => {
    if (character === '\\' || character === "'") return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    return code >= 32 && code < 127 ? character : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `'${escaped.join('')}'`;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, item] of value) object[key as string] = plain(item);
  return Object.setPrototypeOf(object, Object.prototype);
}
