import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/**
 * The bytes of a text file; a name that ends in `.gz` is decompressed on the way. Errors reach whoever reads it.
 */
export function openText(path: string): Readable {
  const source = createReadStream(path);
  if (!path.endsWith('.gz')) return source;
  const plain = createGunzip();
  source.on('error', (error) => plain.destroy(error));
  plain.on('close', () => source.destroy());
  return source.pipe(plain);
}
