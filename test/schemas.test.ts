import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../harness/errors.ts';
import { readRecord, runFiles } from '../harness/record/read-run.ts';
import { readTunedSettings } from '../harness/record/tuned-settings.ts';
import { readReference } from '../harness/regress/reference.ts';
import { checkReproduction } from '../harness/reproduce/reproduction-schema.ts';
import { validateDatasetDefinition } from '../harness/stream/dataset-definition.ts';
import { scenarioDigest, validateScenario } from '../harness/stream/load-scenario.ts';
import { definition, recordRun, temporaryFolder } from './record/fixtures.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Json;

const hostile: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    -1,
    0,
    0.5,
    1e308,
    2 ** 53,
    '',
    '__proto__',
    '\u0000',
    '../../etc',
    [],
    {},
  ),
  fc.constantFrom<Json>('9'.repeat(400), 'x'.repeat(5000), [[[[]]]], { constructor: 1 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** What is done to a document: which of its values, what to it, and what with. */
type Change = readonly [where: number, kind: 'replace' | 'remove' | 'add', what: Json, key: string];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.constantFrom('replace', 'remove', 'add'),
  hostile,
  fc.constantFrom('name', 'kind', '__proto__', 'x', 'toString', 'length'),
);

const property = { enumerable: true, configurable: true, writable: true };

/** A place in a document that holds a value: the container, and the key in it. */
type Place = readonly [Json[] | { [key: string]: Json }, string];

/** Every such place. */
function placesOf(value: Json, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return places;
  for (const key of Object.keys(value)) {
    const container = value as { [key: string]: Json };
    places.push([container, key]);
    placesOf(container[key] ?? null, places);
  }
  return places;
}

function changed(document: Json, changes: readonly Change[]): Json {
  const whole: { [key: string]: Json } = { root: structuredClone(document) };
  for (const [where, kind, value, key] of changes) {
    // Later changes may go into the value, which other documents share.
    const what = structuredClone(value);
    const places = placesOf(whole);
    const [container, own]: Place = places[Math.floor(where * places.length)] ?? [whole, 'root'];
    const holder = container as { [key: string]: Json };
    if (kind === 'remove' && container !== whole) delete holder[own];
    else if (kind === 'add' && Array.isArray(container)) container.push(what);
    // An assignment would set the prototype for one of the keys.
    else if (kind === 'add') Object.defineProperty(holder, key, { ...property, value: what });
    else holder[own] = what;
  }
  return whole.root ?? null;
}

const folder = () => temporaryFolder();

/** Each reader with a valid document; it answers any other with a value or an error for people. */
const readers: [string, () => { document: Json; readDocument: (json: Json) => unknown }][] = [
  [
    'scenario',
    () => ({
      document: read(at('scenarios/split-mnist-class.json')),
      readDocument: (json) => scenarioDigest(validateScenario(json, 'a.json')),
    }),
  ],
  [
    'dataset',
    () => ({
      document: read(at('datasets/mnist/dataset.json')),
      readDocument: (json) => validateDatasetDefinition(json, 'dataset.json'),
    }),
  ],
  [
    'reproduction',
    () => ({
      document: read(at('results/papers/hsu-2018/table-2.json')),
      readDocument: (json) => checkReproduction(json),
    }),
  ],
  [
    'tuned settings',
    () => {
      const file = join(folder(), 'tuned.json');
      return {
        document: read(at('results/tuned/glyphs-scripts-class.json')),
        readDocument: (json) => fromFile(file, json, () => readTunedSettings(file)),
      };
    },
  ],
  [
    'reference',
    () => {
      const file = join(folder(), 'reference.json');
      return {
        document: read(at('results/references/split-mnist-task.ewc.json')),
        readDocument: (json) => fromFile(file, json, () => readReference(file)),
      };
    },
  ],
  [
    'run record',
    () => {
      const run = recordRun(folder(), definition());
      const file = join(run, runFiles.record);
      return { document: read(file), readDocument: (json) => fromFile(file, json, () => readRecord(run)) };
    },
  ],
];

function fromFile(file: string, json: Json, readFile: () => unknown): unknown {
  writeFileSync(file, JSON.stringify(json));
  return readFile();
}

function expectAnswer(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.message.length > 20_000) throw new Error(`a message of ${error.message.length} characters`);
  }
}

// 6 readers × (350 + 100) cases: 2,700. With the 6,400 of importers, the 4,000 of writing CSV (report/formats) and
// the 3,800 of leaderboards these are 16,900.
it.each(readers)('%s: any change is answered with a value or an error for people', (_name, open) => {
  const { document, readDocument } = open();
  readDocument(document);
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) =>
      expectAnswer(() => readDocument(changed(document, changes))),
    ),
    { numRuns: 350 },
  );
  fc.assert(
    fc.property(fc.jsonValue(), (json) => expectAnswer(() => readDocument(json as Json))),
    { numRuns: 100 },
  );
});

it.each(['[', '{"a":'])('a record nested 50,000 levels deep by %s is refused, not walked through', (open) => {
  const run = recordRun(folder(), definition());
  const file = join(run, runFiles.record);
  const deep = `${open.repeat(50_000)}0${(open === '[' ? ']' : '}').repeat(50_000)}`;
  const text = readFileSync(file, 'utf8').replace('"strength": 100', `"strength": ${deep}`);
  expect(text).toContain(deep);
  writeFileSync(file, text);
  expect(() => readRecord(run)).toThrow('nested too deeply');
  const reference = join(folder(), 'reference.json');
  const valid = readFileSync(at('results/references/split-mnist-task.ewc.json'), 'utf8');
  writeFileSync(
    reference,
    valid.replace(/"overrides":\s*\{/, `"overrides":{"deep":${deep},`).replace(',}', '}'),
  );
  expect(() => readReference(reference)).toThrow('nested too deeply');
});
