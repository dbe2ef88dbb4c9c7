import { expect, test } from 'vitest';
import { loadScenario, scenarioDigest, validateScenario } from '../../harness/stream/load-scenario.ts';
import type { Scenario } from '../../harness/stream/scenario.ts';

const scenario = await loadScenario('permuted-mnist');
const digest = scenarioDigest(scenario);

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
}

test('the digest is 64 hexadecimal digits', () => {
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
});

test('the order of keys does not matter', () => {
  expect(scenarioDigest(reversed(scenario) as Scenario)).toBe(digest);
});

test('title and description do not matter', () => {
  expect(scenarioDigest({ ...scenario, title: 'other', description: 'other' })).toBe(digest);
});

test('it does not matter whether a default is written down', () => {
  const {
    title: _title,
    description: _description,
    normalise: _normalise,
    validation: _validation,
    ...file
  } = scenario;
  const training = { epochs: file.training.epochs, batchSize: file.training.batchSize };
  expect(scenarioDigest(validateScenario({ ...file, training }, 'test'))).toBe(digest);
  expect(scenarioDigest(validateScenario({ ...file, training, padding: 0 }, 'test'))).toBe(digest);
});

test('nor does it for settings that came later than the digests of published scenarios', () => {
  const stated = {
    ...scenario,
    tasks: { by: 'class-groups', tasksPerGroup: 1 },
    dataset: 'glyphs',
    kind: 'class-incremental',
    labels: 'class',
    backbone: { name: 'mlp', hidden: [4], initialisation: 'uniform' },
    training: { epochs: 1, batchSize: 4, beta1: 0.9, beta2: 0.999 },
  };
  const short = {
    ...stated,
    tasks: { by: 'class-groups' },
    backbone: { name: 'mlp', hidden: [4] },
    training: { epochs: 1, batchSize: 4 },
  };
  const [one, other] = [stated, short].map((file) => scenarioDigest(validateScenario(file, 'test')));
  expect(one).toBe(other);
  const faster = { ...stated, training: { ...stated.training, beta1: 0.5 } };
  expect(scenarioDigest(validateScenario(faster, 'test'))).not.toBe(one);
});

/** Every scenario that differs from the given one in a single leaf. */
function* changes(value: unknown): Generator<unknown> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      for (const changed of changes(part)) {
        if (Array.isArray(value))
          yield value.map((entry, index) => (String(index) === key ? changed : entry));
        else yield { ...value, [key]: changed };
      }
    }
  } else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else yield `${value} changed`;
}

test('every other change gives another digest', () => {
  const dataset = {
    name: 'mine',
    title: 'Mine',
    licence: 'CC0-1.0',
    source: 'here',
    revision: '1',
    reader: {
      kind: 'csv',
      train: { path: 'a.csv', sha256: '0'.repeat(64) },
      labelColumn: 'kind',
      shape: [1, 2],
      split: { testFraction: 0.2, seed: 0 },
    },
  } as const;
  const { title, description, ...rest } = { ...scenario, dataset };
  const digests = [...changes(rest)].map((changed) =>
    scenarioDigest({ title, description, ...(changed as Omit<Scenario, 'title' | 'description'>) }),
  );
  expect(digests.length).toBeGreaterThan(35);
  expect(new Set([digest, scenarioDigest({ ...scenario, dataset }), ...digests]).size).toBe(
    digests.length + 2,
  );
});
