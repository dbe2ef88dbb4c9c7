import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../harness/errors.ts';
import { loadScenario, scenarioDigest, validateScenario } from '../../../harness/stream/load-scenario.ts';
import type { Method } from '../../../harness/train/method.ts';
import { checkCompatibility } from '../../../harness/train/registry/compatibility.ts';
import { loadMethod } from '../../../harness/train/registry/methods.ts';
import { type Resolved, resolveSettings } from '../../../harness/train/registry/settings.ts';
import { fakeMethod } from '../../support/fake-method.ts';

async function resolve(overrides: Record<string, unknown>, method?: Method): Promise<Resolved> {
  const scenario = await loadScenario('split-mnist-class');
  return resolveSettings(scenario, method ?? (await loadMethod('ewc')).method, overrides);
}

describe('settings', () => {
  it('are the defaults of the method where nothing else is said', async () => {
    const { settings } = await resolve({ strength: 5 });
    expect(settings).toMatchObject({ strength: 5, form: 'offline', fisherExamples: 1000 });
  });

  it.each([
    ['strenght', 'Did you mean "strength"?'],
    ['training.strength.x', '$.training has an unknown property "strength.x"'],
    ['training.epoch', 'Did you mean "epochs"?'],
    ['learningRate', 'Did you mean "training.learningRate"?'],
    ['toString', 'no setting "toString"'],
    ['constructor.name', 'no setting "constructor.name"'],
    ['training', 'no setting "training"'],
  ])('refuse the unknown key %s', async (key, message) => {
    await expect(resolve({ [key]: 1 })).rejects.toThrow(message);
  });

  it.each([
    ['strength', 'much', 'strength is "much"; it must be number'],
    ['strength', -1, 'strength is -1; it must be >= 0'],
    ['form', 'of line', 'form is "of line"; it must be equal to one of the allowed values (offline, online)'],
    ['fisherExamples', 1.5, 'fisherExamples is 1.5; it must be integer'],
  ])('refuse %s = %j with what would be right', async (key, value, message) => {
    const failure = resolve({ [key]: value });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UsageError);
  });

  it.each([
    [
      'backbone.hiden',
      [5],
      'split-mnist-class with --set: The backbone mlp has no setting "hiden". Did you mean "hidden"?',
    ],
    ['backbone.name', 'mpl', 'There is no backbone "mpl". Did you mean "mlp"?'],
    ['backbone.hidden', 5, 'backbone.hidden is 5; it must be a list of layer widths'],
    ['training.epochs', 0, '$.training.epochs'],
  ])('refuse %s = %j of the caller as a wrong call', async (key, value, message) => {
    const failure = resolve({ [key]: value });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UsageError);
  });

  it('refuse a backbone that the scenario has wrong, which no call is to blame for', async () => {
    const scenario = { ...(await loadScenario('split-mnist-class')), backbone: { name: 'mpl' } };
    const wrong = () => resolveSettings(scenario, fakeMethod(), {});
    expect(wrong).toThrow('split-mnist-class: There is no backbone "mpl".');
    expect(wrong).not.toThrow(UsageError);
  });

  it('of the scenario are overridden by training.* and backbone.*', async () => {
    const { scenario } = await resolve({
      'training.learningRate': 0.5,
      'backbone.hidden': [7],
    });
    expect(scenario.training.learningRate).toBe(0.5);
    expect(scenario.backbone).toEqual({ name: 'mlp', hidden: [7] });
  });

  it('that are words take true and false as words', async () => {
    const { settings } = await resolve({ fisherLabels: true });
    expect(settings.fisherLabels).toBe('true');
    await expect(resolve({ fisherLabels: false })).rejects.toThrow('fisherLabels is "false"');
    await expect(resolve({ strength: true })).rejects.toThrow('strength is true');
  });

  it('replace a budget in epochs by one in updates, and the other way round', async () => {
    const inUpdates = (await resolve({ 'training.updates': 50 })).scenario;
    expect(inUpdates.training).toMatchObject({ updates: 50 });
    expect(inUpdates.training.epochs).toBeUndefined();
    const inEpochs = (await resolve({ 'training.epochs': 3 }, fakeMethod({ training: { updates: 9 } })))
      .scenario;
    expect(inEpochs.training).toMatchObject({ epochs: 3 });
    expect(inEpochs.training.updates).toBeUndefined();
  });

  it('refuse both budgets at once', async () => {
    await expect(resolve({ 'training.updates': 50, 'training.epochs': 1 })).rejects.toThrow(/epochs|updates/);
  });

  it('take the caller before the method, the method before the scenario', async () => {
    const method = fakeMethod({ training: { learningRate: 0.25, batchSize: 3, updates: 7 } });
    const { scenario } = await resolve({ 'training.batchSize': 5 }, method);
    expect(scenario.training).toMatchObject({ learningRate: 0.25, batchSize: 5, updates: 7 });
    expect(scenario.training.epochs).toBeUndefined();
  });
});

describe('a method and a scenario that do not fit', () => {
  it('are refused when the scenario hides a task identity that the method needs', async () => {
    const method = fakeMethod({ needs: { taskIdentityAtTest: true } });
    const [hidden, told] = [await loadScenario('split-mnist-class'), await loadScenario('split-mnist-task')];
    expect(() => checkCompatibility(method, told)).not.toThrow();
    expect(() => checkCompatibility(method, hidden)).toThrow(
      'The method fake needs the task of each test example, which split-mnist-class hides. Choose a task-incremental scenario.',
    );
  });

  it('are refused when the scenario tells that identity at test alone', async () => {
    const method = fakeMethod({ needs: { taskIdentityAtTest: true } });
    const told = await loadScenario('split-mnist-task');
    const late = { ...told, taskIdentity: { train: false, test: true } };
    expect(() => checkCompatibility(method, late)).toThrow('needs the task of each example also in training');
  });

  it('are refused when the scenario is of another kind', async () => {
    const scenario = await loadScenario('split-mnist-class');
    const method = fakeMethod({ kinds: ['domain-incremental'] });
    expect(() => checkCompatibility(method, scenario)).toThrow(
      'The method fake runs domain-incremental scenarios; split-mnist-class is class-incremental.',
    );
  });
});

describe('a scenario whose dataset is defined in place', () => {
  const table = { kind: 'csv', train: { path: 'a.csv' }, labelColumn: 'kind' };
  const folder = { kind: 'image-folder', train: 'a', size: { height: 2, width: 2 }, channels: 1 };
  const union = (reader: object) => ({
    kind: 'union',
    parts: [{ dataset: { name: 'one', reader } }, { dataset: 'mnist' }],
  });

  it.each([
    ['CSV', table],
    ['CSV with a test file', { ...table, test: { path: 'b.csv' } }],
    ['JSONL with a test file', { ...table, kind: 'jsonl', test: { path: 'b.jsonl' } }],
    ['an image folder', folder],
    ['image folders, one for testing', { ...folder, test: 'b' }],
    ['a union with a test file', union({ ...table, test: { path: 'b.csv' } })],
  ])('is the same after it was filled in and checked again: %s', async (_reader, reader) => {
    const base = await loadScenario('split-mnist-class');
    const scenario = validateScenario({ ...base, dataset: { name: 'mine', reader } }, 'mine.json');
    const resolved = resolveSettings(scenario, (await loadMethod('finetune')).method, {}).scenario;
    expect(resolved).toEqual(scenario);
    expect(scenarioDigest(resolved)).toBe(scenarioDigest(scenario));
  });
});
