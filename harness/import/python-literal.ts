import { UserError } from '../errors.ts';

/** Stands for an object that Python printed as a call and that is no number: `device(type='cuda')`. */
export interface PrintedObject {
  readonly call: string;
}

/** What a Python literal can be; tuples are arrays, and dictionaries keep their order. */
export type Literal =
  | null
  | boolean
  | number
  | string
  | PrintedObject
  | readonly Literal[]
  | LiteralDictionary;

/** A dictionary by its keys; a number as key is found under its decimal text. */
export type LiteralDictionary = ReadonlyMap<string, Literal>;

const deepest = 50;
const longest = 16 * 2 ** 20;

const space = /[ \t\r\n]*/y;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const word = /[A-Za-z_][\w.]*/y;
const plainCharacters = /[^\\'"\r\n]+/y;
const escapeSequence = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([\\'"abfnrtv]))/y;

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const constants: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/** How NumPy from version 2 on prints its scalars. */
const numpyScalar = /^(?:np|numpy)\.(?:float|int|uint)\d+$/;

/**
 * Reads data as Python prints it: dictionaries, lists, tuples, numbers, strings, True, False, None, and NumPy's scalars.
 * Nothing is evaluated: every other name, operator or call is an error.
 * @param at Where the text stands, for errors.
 * @param objects Names of calls that may be passed over, as what Python prints for objects that are no data.
 * @throws UserError with the place: not data, not a finite number, cut short, nested more than 50 deep, over 16 MiB.
 */
export function readLiteral(text: string, at: string, objects: readonly string[] = []): Literal {
  if (text.length > longest) throw new UserError(`${at}: the literal is longer than ${longest} characters.`);
  const reader = new Reader(text, at, objects);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** The literal as a dictionary. @throws UserError */
export function readDictionary(text: string, at: string, objects: readonly string[] = []): LiteralDictionary {
  const value = readLiteral(text, at, objects);
  if (!isDictionary(value)) throw new UserError(`${at}: a dictionary was expected, {...}.`);
  return value;
}

/** Whether a literal is a dictionary. */
export function isDictionary(value: Literal | undefined): value is LiteralDictionary {
  return value instanceof Map;
}

class Reader {
  readonly #text: string;
  readonly #at: string;
  readonly #objects: readonly string[];
  #position = 0;

  constructor(text: string, at: string, objects: readonly string[]) {
    this.#text = text;
    this.#at = at;
    this.#objects = objects;
  }

  value(depth: number): Literal {
    if (depth > deepest) this.#refuse(`is nested more than ${deepest} deep`);
    this.#take(space);
    const next = this.#text[this.#position];
    if (next === '{') return this.#dictionary(depth);
    if (next === '[') return this.#items('[', ']', depth);
    if (next === '(') return this.#parenthesis(depth);
    if (next === "'" || next === '"') return this.#string();
    const digits = this.#take(number);
    return digits === '' ? this.#named(depth) : this.#finite(digits);
  }

  end(): void {
    this.#take(space);
    if (this.#position < this.#text.length) this.#refuse('goes on after its end');
  }

  #dictionary(depth: number): LiteralDictionary {
    const entries = new Map<string, Literal>();
    this.#sequence('{', '}', () => {
      const start = this.#position;
      const key = this.value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number')
        this.#refuse('has a key that is no text', start);
      if (entries.has(String(key))) this.#refuse(`has the key ${JSON.stringify(key)} twice`, start);
      this.#expect(':');
      entries.set(String(key), this.value(depth + 1));
    });
    return entries;
  }

  #items(open: string, close: string, depth: number): Literal[] {
    const items: Literal[] = [];
    this.#sequence(open, close, () => items.push(this.value(depth + 1)));
    return items;
  }

  /** `(1)` is a number in brackets, `(1,)` a tuple. */
  #parenthesis(depth: number): Literal {
    const start = this.#position;
    const items = this.#items('(', ')', depth);
    const single = items.length === 1 && !/,\s*\)$/.test(this.#text.slice(start, this.#position).slice(-200));
    return single ? (items[0] as Literal) : items;
  }

  /** Items between brackets with commas between and, if you like, after them. */
  #sequence(open: string, close: string, item: () => void): void {
    this.#expect(open);
    this.#take(space);
    while (this.#text[this.#position] !== close) {
      item();
      this.#take(space);
      if (this.#text[this.#position] === close) break;
      this.#expect(',');
      this.#take(space);
    }
    this.#position++;
  }

  #string(): string {
    const quote = this.#text[this.#position++] as string;
    const parts: string[] = [];
    for (;;) {
      const next = this.#text[this.#position];
      if (next === quote) break;
      if (next === undefined || next === '\n' || next === '\r') this.#refuse('has a string without an end');
      if (next === '\\') parts.push(this.#escaped());
      else if (next === "'" || next === '"') parts.push(this.#text[this.#position++] as string);
      else parts.push(this.#take(plainCharacters));
    }
    this.#position++;
    return parts.join('');
  }

  #escaped(): string {
    escapeSequence.lastIndex = this.#position;
    const match = escapeSequence.exec(this.#text);
    if (match === null) this.#refuse('has an escape that Python does not print');
    const [whole, two, four, eight, letter] = match;
    this.#position += whole.length;
    if (letter !== undefined) return escapes[letter] as string;
    const code = Number.parseInt(two ?? four ?? eight ?? '', 16);
    return code <= 0x10_ffff ? String.fromCodePoint(code) : this.#refuse('has an escape beyond Unicode');
  }

  #finite(digits: string): number {
    const start = this.#position - digits.length;
    if (/[\w.]/.test(this.#text[this.#position] ?? '')) this.#refuse('has a number that is none', start);
    const value = Number(digits);
    return Number.isFinite(value) ? value : this.#refuse('has a number that is too large', start);
  }

  /** A constant, a NumPy scalar, or an object that may be passed over. */
  #named(depth: number): Literal {
    const start = this.#position;
    const name = this.#take(word);
    const constant = constants.get(name);
    if (constant !== undefined) return constant;
    if (name === '') this.#refuse(start < this.#text.length ? 'is not data' : 'is cut short', start);
    if (name === 'nan' || name === 'inf') this.#refuse(`has the number ${name}`, start);
    if (numpyScalar.test(name)) {
      const items = this.#items('(', ')', depth);
      if (items.length === 1 && typeof items[0] === 'number') return items[0];
      this.#refuse('has a NumPy scalar that is no number', start);
    }
    if (this.#objects.includes(name)) return this.#object(name, depth);
    return this.#refuse(`is not data: it names ${JSON.stringify(name.slice(0, 40))}`, start);
  }

  #object(name: string, depth: number): PrintedObject {
    this.#sequence('(', ')', () => {
      this.#take(space);
      this.#take(/[A-Za-z_]\w*=/y);
      this.value(depth + 1);
    });
    return { call: name };
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += found.length;
    return found;
  }

  #expect(mark: string): void {
    this.#take(space);
    const next = this.#text[this.#position];
    if (next === undefined) this.#refuse('is cut short');
    if (next !== mark) this.#refuse(`has ${JSON.stringify(next)} where ${JSON.stringify(mark)} was expected`);
    this.#position++;
  }

  #refuse(problem: string, position = this.#position): never {
    throw new UserError(`${this.#at}: the Python literal ${problem}, at its character ${position + 1}.`);
  }
}
