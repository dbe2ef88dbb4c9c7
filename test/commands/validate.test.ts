import { describe, expect, it } from 'vitest';
import { checkScenarioFile } from '../../harness/commands/validate-scenario.ts';
import { UserError } from '../../harness/errors.ts';
import { scenarioPath } from '../../harness/stream/load-scenario.ts';
import { temporaryFolder } from '../support/tiny-run.ts';
import { writeTinyScenario } from '../support/tiny-scenario.ts';

const reader = {
  kind: 'csv',
  train: { path: 'tiny.csv' },
  labelColumn: 'kind',
  split: { testFraction: 0.25 },
};

function tiny(changes: Readonly<Record<string, unknown>>): string {
  return writeTinyScenario(temporaryFolder(), changes);
}

describe('a scenario that is validated', () => {
  it('has its data opened', async () => {
    const { summary, data } = await checkScenarioFile(tiny({}), 'none');
    const sizes = { outputs: 2, train: 66, validation: 8, test: 26 };
    const tasks = [
      { name: 'classes kind0, kind1', ...sizes },
      { name: 'classes kind2, kind3', ...sizes },
    ];
    expect(data).toEqual({ kind: 'opened', tasks, inputShape: [4], outputs: 4 });
    expect(summary).toMatch(/^tiny@1, digest [0-9a-f]{12}, 2 tasks, inputs of 4, 4 outputs$/);
  });

  it('may list class orders, of which the first is opened', async () => {
    const { data } = await checkScenarioFile(scenarioPath('vandeven-split-mnist-class'), 'none');
    expect(data).toMatchObject({ kind: 'opened', tasks: { length: 5 }, outputs: 10 });
  });

  it.each([
    [
      { backbone: { name: 'mpl', hiden: [3] } },
      '$.backbone is refused: There is no backbone "mpl". Did you mean "mlp"?',
    ],
    [
      { backbone: { name: 'mlp', hiden: [3] } },
      'The backbone mlp has no setting "hiden". Did you mean "hidden"?',
    ],
    [
      { backbone: { name: 'vit', patch: 2, width: 4, depth: 1, heads: 1 } },
      '$.backbone is refused: The vit backbone reads images [channels, height, width], not [4].',
    ],
    [{ dataset: { name: 'tiny', reader: { ...reader, labelColumn: 'knd' } } }, '"knd"'],
    [{ tasks: { by: 'classes', classesPerTask: 3 } }, 'classesPerTask'],
  ])('is refused with %j', async (changes, message) => {
    const failure = checkScenarioFile(tiny(changes), 'none');
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  it('is refused where its images cannot be cut into patches, or the file of its weights is not there', async () => {
    const images = (backbone: Readonly<Record<string, unknown>>): string =>
      tiny({
        dataset: 'glyphs',
        tasks: { by: 'class-groups' },
        backbone: { name: 'vit', width: 8, depth: 1, heads: 2, ...backbone },
      });
    const check = (file: string) => checkScenarioFile(file, 'none');
    await expect(check(images({ patch: 5 }))).rejects.toThrow('Patches of 5 pixels do not tile an image of');
    const missing = images({ patch: 7, weights: 'not-there.safetensors' });
    await expect(check(missing)).rejects.toThrow('The weights not-there.safetensors cannot be read');
  });

  it('is told to be valid but for its data where these are not there', async () => {
    const file = tiny({ dataset: { name: 'tiny', reader: { ...reader, train: { path: 'later.csv' } } } });
    const { summary, data } = await checkScenarioFile(file, 'none');
    expect(data.kind).toBe('missing');
    expect(summary).toMatch(
      /, but its data were not looked at: Dataset "tiny": the file .*later\.csv does not exist/,
    );
  });
});
