import { UserError } from '../errors.ts';
import { type Literal, type LiteralDictionary, readDictionary } from './python-literal.ts';
import type { SourceFile } from './source-file.ts';

/** The numbers of a `.npy` file, in row-major order whatever the order in the file. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** More numbers than any accuracy matrix has: 2000 tasks squared. */
const mostNumbers = 4_000_000;

const magic = Buffer.from('\x93NUMPY', 'latin1');

type Decode = (view: DataView, offset: number, little: boolean) => number;

const decoders: Readonly<Record<string, Decode>> = {
  f4: (view, offset, little) => view.getFloat32(offset, little),
  f8: (view, offset, little) => view.getFloat64(offset, little),
  i1: (view, offset) => view.getInt8(offset),
  i2: (view, offset, little) => view.getInt16(offset, little),
  i4: (view, offset, little) => view.getInt32(offset, little),
  i8: (view, offset, little) => Number(view.getBigInt64(offset, little)),
  u1: (view, offset) => view.getUint8(offset),
  u2: (view, offset, little) => view.getUint16(offset, little),
  u4: (view, offset, little) => view.getUint32(offset, little),
  u8: (view, offset, little) => Number(view.getBigUint64(offset, little)),
};

/**
 * Reads a `.npy` file of real numbers (format 1 to 3, both byte orders, C and Fortran order).
 * Source: NumPy's `numpy/lib/format.py`, "NPY format".
 * @throws UserError for what is no `.npy` file, is cut short, holds Python objects or numbers that are not finite
 */
export function readNpy({ path, bytes }: SourceFile): NumpyArray {
  const { header, offset } = readHeader(bytes, path);
  const descr = header.get('descr');
  const shape = shapeOf(header.get('shape'), path);
  const type = /^([<>|=])([a-z])(\d*)$/i.exec(typeof descr === 'string' ? descr : '');
  const [, order = '', kind = '', size = ''] = type ?? [];
  if (kind === 'O') throw new UserError(`${path} holds pickled Python objects, which are never loaded.`);
  const decode = Object.hasOwn(decoders, kind + size) ? decoders[kind + size] : undefined;
  if (decode === undefined) {
    throw new UserError(
      `${path} holds ${JSON.stringify(descr)}; only real numbers (f4, f8, integers) are read.`,
    );
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  const expected = count * Number(size);
  if (count > mostNumbers || bytes.length - offset !== expected) {
    throw new UserError(
      `${path} announces the shape (${shape.join(', ')}), which takes ${expected} bytes, but has ${bytes.length - offset}.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, expected);
  const stored = Array.from({ length: count }, (_, index) =>
    decode(view, index * Number(size), order !== '>'),
  );
  const odd = stored.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw new UserError(`${path}, number ${odd + 1}: ${stored[odd]} is no accuracy.`);
  return { shape, values: header.get('fortran_order') === true ? rowMajor(stored, shape, path) : stored };
}

function readHeader(bytes: Buffer, path: string): { header: LiteralDictionary; offset: number } {
  if (!bytes.subarray(0, 6).equals(magic) || bytes.length < 12) {
    throw new UserError(`${path} is not a .npy file: it does not begin with NumPy's mark.`);
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3)
    throw new UserError(`${path} is a .npy file of format ${version}; 1 to 3 are read.`);
  const start = version === 1 ? 10 : 12;
  const offset = start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  if (offset > bytes.length) throw new UserError(`${path} is cut short: its header does not end.`);
  const text = bytes.subarray(start, offset).toString(version === 3 ? 'utf8' : 'latin1');
  const header = readDictionary(text.trim(), `${path}, header`);
  if (typeof header.get('fortran_order') !== 'boolean') {
    throw new UserError(`${path}, header: fortran_order must be True or False.`);
  }
  return { header, offset };
}

function shapeOf(shape: Literal | undefined, path: string): number[] {
  const extents = Array.isArray(shape) ? (shape as readonly Literal[]) : [];
  const numbers = extents.filter(
    (extent): extent is number => typeof extent === 'number' && Number.isSafeInteger(extent) && extent > 0,
  );
  if (numbers.length === 0 || numbers.length !== extents.length || numbers.length > 2) {
    throw new UserError(`${path}, header: the shape must be one or two numbers above 0.`);
  }
  return numbers;
}

function rowMajor(stored: readonly number[], shape: readonly number[], path: string): number[] {
  const [rows = 1, columns] = shape;
  if (columns === undefined) return [...stored];
  return Array.from({ length: stored.length }, (_, index) => {
    const value = stored[(index % columns) * rows + Math.floor(index / columns)];
    if (value === undefined) throw new UserError(`${path} is cut short.`);
    return value;
  });
}
