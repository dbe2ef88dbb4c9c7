import { describe, expect, it } from 'vitest';
import type { Seeds } from '../../harness/random.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

/** What each role decides in a run of experience replay. */
async function decisions(seeds: Partial<Seeds>): Promise<Record<string, unknown>> {
  const { method } = await loadMethod('er');
  const order: number[] = [];
  const observed: typeof method = {
    ...method,
    composeBatch(rows, context) {
      order.push(...rows.rows.map(({ row }) => row));
      method.composeBatch?.(rows, context);
    },
  };
  const opened = await openLearner({ method: observed, tasks: twoTasks(), settings: { memory: 8 }, seeds });
  const initialWeights = valuesOf(opened.learner.parameters);
  await trainOn(opened, 1);
  return { initialWeights, exampleOrder: order, held: opened.learner.memory?.toTensors() };
}

describe('the seed', () => {
  it('of initial weights changes these and no draw', async () => {
    const [one, two] = [await decisions({}), await decisions({ initialWeights: 2 })];
    expect(two.initialWeights).not.toEqual(one.initialWeights);
    expect(two.exampleOrder).toEqual(one.exampleOrder);
    expect(two.held).toEqual(one.held);
  });

  it('of the order of examples changes that and no initial weight', async () => {
    const [one, two] = [await decisions({}), await decisions({ exampleOrder: 2 })];
    expect(two.exampleOrder).not.toEqual(one.exampleOrder);
    expect(two.initialWeights).toEqual(one.initialWeights);
  });

  it('of memory sampling changes what is held and nothing else', async () => {
    const [one, two] = [await decisions({}), await decisions({ memorySampling: 2 })];
    expect(two.held).not.toEqual(one.held);
    expect(two.exampleOrder).toEqual(one.exampleOrder);
    expect(two.initialWeights).toEqual(one.initialWeights);
  });
});
