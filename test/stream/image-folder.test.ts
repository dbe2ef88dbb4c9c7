import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { readDataset } from '../../harness/stream/read-dataset.ts';
import { decodeImage, toPlanes } from '../../harness/stream/readers/decode-image.ts';
import { readImageFolders } from '../../harness/stream/readers/image-folder.ts';
import type { ReaderSpec } from '../../harness/stream/scenario.ts';
import { jpeg, png } from './images.ts';
import { classNames, contextOf, storedRow, temporaryFolder } from './support.ts';

type Spec = Extract<ReaderSpec, { kind: 'image-folder' }>;

function specOf(spec: Partial<Spec>): Spec {
  return {
    kind: 'image-folder',
    train: 'train',
    test: 'test',
    domains: false,
    size: { height: 2, width: 2 },
    channels: 1,
    split: { testFraction: 0.5, seed: 0 },
    ...spec,
  };
}

function read(files: Record<string, Uint8Array | string>, spec: Partial<Spec> = {}) {
  return readImageFolders(specOf(spec), contextOf(temporaryFolder(files)));
}

const grey = png(2, 2, () => [100, 100, 100, 255]);

test('reads classes from folders, PNG and JPEG, in natural order', async () => {
  const data = await read({
    'train/10/a.png': png(2, 2, (x, y) => [x * 50, x * 50, x * 50, y === 0 ? 255 : 0]),
    'train/9/b.JPG': jpeg(8, 8, () => [200, 200, 200, 255]),
    'train/9/.hidden': 'passed over',
    'test/9/c.png': grey,
    'test/10/d.png': grey,
  });
  expect(data.shape).toEqual([1, 2, 2]);
  expect(data.classes).toEqual(['9', '10']);
  expect(data.domains).toEqual([]);
  expect(classNames(data, data.train)).toEqual(['10', '9']);
  expect(storedRow(data.train, 0)).toEqual([0, 50, 0, 0]);
  expect(storedRow(data.train, 1)).toEqual([200, 200, 200, 200]);
  expect(data.checksums[0]).toMatch(/^[0-9a-f]{64} {2}10\/a\.png$/);
});

test('domains are the upper folders; a share of each class in each domain is held out', async () => {
  const files: Record<string, Uint8Array> = {};
  for (const domain of ['day', 'night']) {
    for (const kind of ['cat', 'dog'])
      for (const file of '1234') files[`train/${domain}/${kind}/${file}.png`] = grey;
  }
  const spec: Spec = {
    kind: 'image-folder',
    train: 'train',
    domains: true,
    size: { height: 1, width: 1 },
    channels: 3,
    split: { testFraction: 0.25, seed: 0 },
  };
  const data = await readImageFolders(spec, contextOf(temporaryFolder(files)));
  expect(data.shape).toEqual([3, 1, 1]);
  expect(data.domains).toEqual(['day', 'night']);
  expect(
    [...data.test.rows].map((row) => [data.test.table.domains?.[row], data.test.table.labels[row]]),
  ).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  expect(data.train.rows).toHaveLength(12);
});

const both = { 'test/a/1.png': grey };

const faults: [string, Record<string, Uint8Array | string>, Partial<Spec>, RegExp][] = [
  ['no training folder', both, {}, /the folder .*train does not exist/],
  ['an empty file', { ...both, 'train/a/1.png': '' }, {}, /1\.png cannot be decoded: it is empty/],
  [
    'text for an image',
    { ...both, 'train/a/1.png': 'hello' },
    {},
    /1\.png cannot be decoded: it begins like neither PNG nor JPEG/,
  ],
  ['a truncated PNG', { ...both, 'train/a/1.png': grey.subarray(0, 50) }, {}, /1\.png cannot be decoded/],
  ['a truncated header', { ...both, 'train/a/1.png': grey.subarray(0, 20) }, {}, /it ends inside its header/],
  [
    'a truncated JPEG',
    { ...both, 'train/a/1.jpg': jpeg(8, 8, () => [1, 2, 3, 255]).subarray(0, 300) },
    {},
    /1\.jpg cannot be decoded/,
  ],
  ['another kind of file', { ...both, 'train/a/notes.txt': 'x' }, {}, /notes\.txt is neither PNG nor JPEG/],
  [
    'a file among the classes',
    { ...both, 'train/1.png': grey },
    {},
    /1\.png is a file where a folder for each class was expected/,
  ],
  [
    'a folder among the images',
    { ...both, 'train/a/b/1.png': grey },
    {},
    /b is a folder where an image was expected: .*"domains" is true/,
  ],
  [
    'a class only in the test folder',
    { 'train/cats/1.png': grey, 'test/cat/1.png': grey },
    {},
    /the class "cat" has no training images in .*train\. Did you mean "cats"\?/,
  ],
  ['an empty class folder', { ...both, 'train/a/.keep': '' }, {}, /The class folder .*a is empty/],
  ['a file for a folder', { ...both, train: grey }, {}, /train is a file; a folder of images must be there/],
];

for (const [fault, files, spec, message] of faults) {
  test(`refuses ${fault}`, async () => {
    const error = await read(files, spec).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });
}

test('a PNG whose header promises a gigantic image is refused before it is decoded', () => {
  const bytes = Buffer.from(grey);
  bytes.writeUInt32BE(2 ** 31 - 1, 16);
  expect(() => decodeImage(bytes, 'bomb.png')).toThrow(
    /bomb\.png cannot be decoded: its header says 2147483647 × 2 pixels/,
  );
});

test('resizing takes the mean of the area covered', () => {
  const image = PNG.sync.read(png(3, 2, (x, y) => [x * 30 + y * 60, 0, 0, 255]));
  expect([...toPlanes(image, { height: 1, width: 3 }, 3)]).toEqual([30, 60, 90, 0, 0, 0, 0, 0, 0]);
  // Two pixels over three: the first covers all of the first column and half of the second.
  expect([...toPlanes(image, { height: 1, width: 2 }, 3)].slice(0, 2)).toEqual([40, 80]);
  expect([...toPlanes(image, { height: 2, width: 6 }, 3)].slice(0, 6)).toEqual([0, 0, 30, 30, 60, 60]);
});

test('a plane of one colour keeps it at any size, grey keeps its exact value', () => {
  for (let value = 0; value < 256; value += 5) {
    const image = PNG.sync.read(png(7, 5, () => [value, value, value, 255]));
    expect(new Set(toPlanes(image, { height: 3, width: 4 }, 1))).toEqual(new Set([value]));
  }
});

test('grey weighs the colours as BT.601 does', () => {
  const colours = [
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 255, 255],
  ];
  const image = PNG.sync.read(png(3, 1, (x) => colours[x] ?? []));
  expect([...toPlanes(image, { height: 1, width: 3 }, 1)]).toEqual([76, 150, 29]);
});

test('a grey PNG of 16 bits is read as one of 8', () => {
  const image = new PNG({ width: 2, height: 1 });
  image.data = Buffer.from(Uint16Array.from([0, 0, 0, 65535, 51400, 51400, 51400, 65535]).buffer);
  const bytes = PNG.sync.write(image, { bitDepth: 16, colorType: 0, inputColorType: 6 });
  expect([...toPlanes(decodeImage(bytes, 'deep.png'), { height: 1, width: 2 }, 1)]).toEqual([0, 200]);
});

test('a link to nowhere is named, not a stack printed', async () => {
  const folder = temporaryFolder({ 'train/a/1.png': grey, 'test/a/1.png': grey });
  symlinkSync(join(folder, 'gone.png'), join(folder, 'train/a/2.png'));
  const failure = readDataset(specOf({}), contextOf(folder));
  await expect(failure).rejects.toThrow(
    /^Dataset "toy" cannot be read: ENOENT.*2\.png.*Mend or remove that file/,
  );
  await expect(failure).rejects.toBeInstanceOf(UserError);
});
