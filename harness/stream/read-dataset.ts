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
export function readDataset(reader: FileReaderSpec, context: ReaderContext): Promise<RawDataset> {
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
