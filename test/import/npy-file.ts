/** How a `.npy` file is written. */
export interface NpyForm {
  readonly type?: string;
  readonly little?: boolean;
  readonly fortran?: boolean;
  readonly version?: number;
  /** A header to write instead of the right one. */
  readonly header?: string;
}

type Writer = (bytes: Buffer, value: number, offset: number, little: boolean) => void;

const writers: Readonly<Record<string, Writer>> = {
  f4: (bytes, value, offset, little) =>
    little ? bytes.writeFloatLE(value, offset) : bytes.writeFloatBE(value, offset),
  f8: (bytes, value, offset, little) =>
    little ? bytes.writeDoubleLE(value, offset) : bytes.writeDoubleBE(value, offset),
};

/** Integers of any width, their bytes one by one. */
function writeInteger(bytes: Buffer, value: number, offset: number, size: number, little: boolean): void {
  for (let index = 0; index < size; index++) {
    bytes[offset + (little ? index : size - 1 - index)] = Math.floor(value / 256 ** index) % 256;
  }
}

/** The bytes of a `.npy` file as NumPy's description of the format has them. */
export function npyFile(grid: readonly (readonly number[])[], form: NpyForm = {}): Buffer {
  const { type = 'f8', little = true, fortran = false, version = 1 } = form;
  const [rows, columns] = [grid.length, grid[0]?.length ?? 0];
  const size = Number(type.slice(1));
  const text =
    form.header ??
    `{'descr': '${size === 1 ? '|' : little ? '<' : '>'}${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${rows}, ${columns}), }`;
  const start = version === 1 ? 10 : 12;
  const header = `${text}${' '.repeat(63 - ((start + text.length) % 64))}\n`;
  const head = Buffer.alloc(start);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(header.length, 8);
  else head.writeUInt32LE(header.length, 8);
  const body = Buffer.alloc(rows * columns * size);
  for (const [i, row] of grid.entries()) {
    for (const [j, value] of row.entries()) {
      const offset = size * (fortran ? j * rows + i : i * columns + j);
      const write = writers[type];
      if (write === undefined) writeInteger(body, value, offset, size, little);
      else write(body, value, offset, little);
    }
  }
  return Buffer.concat([head, Buffer.from(header, 'latin1'), body]);
}
