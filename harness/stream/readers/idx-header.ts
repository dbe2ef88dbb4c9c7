import { UserError } from '../../errors.ts';

/** Most dimensions that an IDX file may have here: examples, channels, rows, columns. */
const mostDimensions = 4;

/** Bytes of the longest header. */
export const longestHeader = 4 + 4 * mostDimensions;

/** A row longer than this is no example but a broken header. */
const longestRow = 64 * 1024 * 1024;

/** Bytes of one value of each type that is read. */
const bytesOfType: Readonly<Record<number, number>> = { 8: 1, 11: 2 };

const typeNames: Readonly<Record<number, string>> = {
  9: 'signed byte',
  12: '32-bit integer',
  13: '32-bit float',
  14: '64-bit float',
};

/** Header of an IDX file of unsigned bytes or 16-bit integers. */
export interface IdxHeader {
  /** Lengths of the dimensions; the first is the number of examples. */
  readonly dimensions: readonly number[];
  /** Number of examples. */
  readonly count: number;
  /** Bytes in one example. */
  readonly rowSize: number;
  /** Bytes in one value: 1, or 2 with the higher one first. */
  readonly valueSize: number;
  /** Position of the first example. */
  readonly length: number;
}

/** Whether a file begins like a gzip file. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Reads the header at the start of an IDX file. Nothing is allocated by what it says.
 * @param start the first bytes of the (uncompressed) file, `longestHeader` of them or all if it is shorter
 * @throws UserError if it is no IDX file of unsigned bytes or 16-bit integers, or says what cannot be
 */
export function parseIdxHeader(start: Uint8Array, path: string): IdxHeader {
  const [first, second, type, rank] = start;
  if (first === undefined || second === undefined || type === undefined || rank === undefined) {
    throw broken(path, `it has only ${start.length} bytes, too few for a header`);
  }
  if (first !== 0 || second !== 0) {
    const magic = Buffer.from(start.subarray(0, 4)).toString('hex');
    throw broken(
      path,
      `it begins with ${magic}, where an IDX file has 0000, a type and a number of dimensions`,
    );
  }
  const valueSize = bytesOfType[type];
  if (valueSize === undefined) {
    const name = typeNames[type] ?? 'unknown';
    throw broken(
      path,
      `its values have type ${type} (${name}); only types 8 (unsigned byte) and 11 (16-bit integer) are read`,
    );
  }
  if (rank < 1 || rank > mostDimensions) {
    throw broken(path, `its header says ${rank} dimensions; 1 to ${mostDimensions} are read`);
  }
  const length = 4 + 4 * rank;
  if (start.length < length) throw broken(path, `it ends inside its header, after ${start.length} bytes`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const dimensions = Array.from({ length: rank }, (_, index) => view.getUint32(4 + 4 * index));
  const [count = 0, ...rowDimensions] = dimensions;
  const rowSize = rowDimensions.reduce((product, dimension) => product * dimension, valueSize);
  const said = `its header says ${dimensions.join(' × ')}`;
  if (dimensions.includes(0)) throw broken(path, `${said}, which holds nothing`);
  if (rowSize > longestRow) throw broken(path, `${said}, which makes ${rowSize} bytes an example`);
  if (count >= 2 ** 31) throw broken(path, `${said}; at most ${2 ** 31 - 1} examples are read`);
  return { dimensions, count, rowSize, valueSize, length };
}

/** The error of an IDX file that cannot be read. */
export function broken(path: string, reason: string): UserError {
  return new UserError(`${path} is not a readable IDX file: ${reason}. Get it anew, or correct the path.`);
}
