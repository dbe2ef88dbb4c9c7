import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { UserError } from '../../errors.ts';
import { suggestion } from '../../suggest.ts';
import { naturalOrder, type RawDataset, type RawTable } from '../raw-dataset.ts';
import { RowWriter } from '../row-writer.ts';
import type { ReaderSpec } from '../scenario.ts';
import { checkFolder, type ReaderContext, sha256Of } from './data-file.ts';
import { decodeImage, toPlanes } from './decode-image.ts';
import { trainAndTest } from './hold-out.ts';

type ImageFolderSpec = Extract<ReaderSpec, { kind: 'image-folder' }>;

/** One image, before it is read. */
interface ImageEntry {
  readonly path: string;
  readonly className: string;
  readonly domain: string | undefined;
}

/** Names that file managers leave behind. */
const clutter = new Set(['thumbs.db', 'desktop.ini']);

const imageExtensions = new Set(['.png', '.jpg', '.jpeg']);

/**
 * Reads folders of images, `<class>/<image>` or `<domain>/<class>/<image>`, into rows of `uint8`.
 * @throws UserError for a missing or empty folder, a file that is no image, or a class that only the test folder has
 */
export async function readImageFolders(spec: ImageFolderSpec, context: ReaderContext): Promise<RawDataset> {
  const trainFolder = checkFolder(spec.train, context);
  const testFolder = spec.test === undefined ? undefined : checkFolder(spec.test, context);
  const train = listImages(trainFolder, spec.domains);
  const test = testFolder === undefined ? [] : listImages(testFolder, spec.domains);
  const classes = naturalOrder(new Set(train.map((image) => image.className)));
  const domains = naturalOrder(new Set(train.flatMap((image) => image.domain ?? [])));
  for (const image of test) {
    requireKnown('class', image.className, classes, image, trainFolder);
    if (image.domain !== undefined) requireKnown('domain', image.domain, domains, image, trainFolder);
  }
  const checksums: string[] = [];
  const names = { classes, domains };
  const trainTable = readImages(train, trainFolder, names, spec, context, checksums);
  const testTable =
    testFolder === undefined ? undefined : readImages(test, testFolder, names, spec, context, checksums);
  return {
    shape: [spec.channels, spec.size.height, spec.size.width],
    ...names,
    ...trainAndTest(trainTable, testTable, names, spec.split),
    checksums,
  };
}

function listImages(root: string, withDomains: boolean): ImageEntry[] {
  if (!withDomains) return listClasses(root, undefined);
  return folders(root, 'domain').flatMap((domain) => listClasses(join(root, domain), domain));
}

function listClasses(parent: string, domain: string | undefined): ImageEntry[] {
  return folders(parent, 'class').flatMap((className) => {
    const folder = join(parent, className);
    const files = entriesOf(folder);
    if (files.length === 0) {
      throw new UserError(`The class folder ${folder} is empty. Put images into it, or remove it.`);
    }
    return files.map((file) => imageEntry(join(folder, file.name), className, domain));
  });
}

function imageEntry(path: string, className: string, domain: string | undefined): ImageEntry {
  if (statSync(path).isDirectory()) {
    throw new UserError(
      `${path} is a folder where an image was expected: images lie in <class>/<image>, or in ` +
        '<domain>/<class>/<image> when the reader\'s "domains" is true.',
    );
  }
  if (!imageExtensions.has(extname(path).toLowerCase())) {
    throw new UserError(`${path} is neither PNG nor JPEG. Convert it, or remove it.`);
  }
  return { path, className, domain };
}

function folders(parent: string, level: 'class' | 'domain'): string[] {
  const entries = entriesOf(parent);
  if (entries.length === 0)
    throw new UserError(`The folder ${parent} is empty. It must hold a folder for each ${level}.`);
  for (const entry of entries) {
    const path = join(parent, entry.name);
    if (!statSync(path).isDirectory()) {
      throw new UserError(
        `${path} is a file where a folder for each ${level} was expected. Move it into one, or remove it.`,
      );
    }
  }
  return entries.map((entry) => entry.name);
}

/** What a folder holds, in an order that is the same on every machine, without hidden files. */
function entriesOf(folder: string): Dirent[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && !clutter.has(entry.name.toLowerCase()))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function requireKnown(
  level: 'class' | 'domain',
  name: string,
  known: readonly string[],
  image: ImageEntry,
  trainFolder: string,
): void {
  if (known.includes(name)) return;
  throw new UserError(
    `${image.path}: the ${level} "${name}" has no training images in ${trainFolder}.` +
      `${suggestion(name, known)} Add training images, or remove it from the test folder.`,
  );
}

function readImages(
  images: readonly ImageEntry[],
  root: string,
  names: { classes: readonly string[]; domains: readonly string[] },
  spec: ImageFolderSpec,
  context: ReaderContext,
  checksums: string[],
): RawTable {
  const rowSize = spec.channels * spec.size.height * spec.size.width;
  const writer = new RowWriter('uint8', rowSize, context.memoryLimit);
  for (const image of images) {
    const bytes = readFileSync(image.path);
    writer.append(toPlanes(decodeImage(bytes, image.path), spec.size, spec.channels));
    checksums.push(`${sha256Of(bytes)}  ${relative(root, image.path).split(sep).join('/')}`);
  }
  const classIndex = new Map(names.classes.map((name, index) => [name, index]));
  const domainIndex = new Map(names.domains.map((name, index) => [name, index]));
  return {
    rows: writer.finish(),
    labels: Int32Array.from(images, (image) => classIndex.get(image.className) ?? -1),
    domains: spec.domains
      ? Int32Array.from(images, (image) => domainIndex.get(image.domain ?? '') ?? -1)
      : null,
  };
}
