import { UserError } from '../errors.ts';
import type { RawDataset } from './raw-dataset.ts';
import { readCsv } from './readers/csv.ts';
import type { ReaderContext } from './readers/data-file.ts';
import { readIdxDataset } from './readers/idx.ts';
import { readImageFolders } from './readers/image-folder.ts';
import { readJsonl } from './readers/jsonl.ts';
import type { ReaderSpec } from './scenario.ts';

/** Every reader but those that are made of other datasets. */
export type FileReaderSpec = Exclude<ReaderSpec, { kind: 'union' | 'symmetries' }>;

/**
 * Reads a dataset by the reader that its definition names.
 * @throws UserError that names the faulty file and the cure
 */
export async function readDataset(reader: FileReaderSpec, context: ReaderContext): Promise<RawDataset> {
  try {
    return await readerOf(reader, context);
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
    // It names the file: one that may not be read, a link to nowhere, one that was deleted meanwhile.
    throw new UserError(
      `Dataset "${context.dataset}" cannot be read: ${thrown.message}. Mend or remove that file.`,
    );
  }
}

function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'path' in thrown;
}

function readerOf(reader: FileReaderSpec, context: ReaderContext): Promise<RawDataset> {
  switch (reader.kind) {
    case 'idx':
      return readIdxDataset(reader, context);
    case 'image-folder':
      return readImageFolders(reader, context);
    case 'csv':
      return readCsv(reader, context);
    case 'jsonl':
      return readJsonl(reader, context);
  }
}
