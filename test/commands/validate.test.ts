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
    expect(data).toEqual({ kind: 'opened', tasks: 2, inputShape: [4], outputs: 4 });
    expect(summary).toMatch(/^tiny@1, digest [0-9a-f]{12}, 2 tasks, inputs of 4, 4 outputs$/);
  });

  it('may list class orders, of which the first is opened', async () => {
    const { data } = await checkScenarioFile(scenarioPath('vandeven-split-mnist-class'), 'none');
    expect(data).toMatchObject({ kind: 'opened', tasks: 5, outputs: 10 });
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
    [{ dataset: { name: 'tiny', reader: { ...reader, labelColumn: 'knd' } } }, '"knd"'],
    [{ tasks: { by: 'classes', classesPerTask: 3 } }, 'classesPerTask'],
  ])('is refused with %j', async (changes, message) => {
    const failure = checkScenarioFile(tiny(changes), 'none');
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UserError);
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
