import { createHash } from 'node:crypto';

/**
 * The one text that stands for a plain value: keys sorted by code unit, no spaces, numbers as ECMAScript writes them (the
 * rules of RFC 8785). Keys whose value is undefined are left out, as in JSON.
 * @throws TypeError for what JSON cannot carry faithfully: NaN, an infinity, a function, a bigint, an instance of a class.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be written as JSON.`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || !isPlain(value))
    throw new TypeError(`A ${typeof value} cannot be written as JSON.`);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
}

/** SHA-256 of the canonical JSON, 64 hexadecimal digits. Equal values have equal digests, whatever their key order. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
