import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../harness/engine/tensor.ts';
import { Random } from '../../harness/random.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import type { Side } from '../../harness/train/subspace-adam.ts';
import { grownHistory, type Refreshed, refreshed } from '../../methods/coso.ts';
import { withSingularValues } from '../linalg/matrices.ts';
import { undisturbedAndResumed } from '../support/resumed.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, valuesOf } from '../support/tiny-learner.ts';

const vit = {
  tasks: twoTasks({ shape: [1, 4, 4] }),
  backbone: { name: 'vit', patch: 2, width: 8, depth: 2, heads: 2, mlpRatio: 2 },
} as const;

const mlp = { tasks: twoTasks(), backbone: { name: 'mlp', hidden: [20, 20] } } as const;

/** A threshold that leaves room for later tasks in so small a network. */
const small = { r1: 3, r2: 4, threshold: 0.99, solver: 'exact', targets: ['attn.proj', 'fc1'] };

async function open(settings = {}, training = {}, network: typeof vit | typeof mlp = vit): Promise<Opened> {
  const { method } = await loadMethod('coso');
  return openLearner({
    method,
    ...network,
    settings: { ...small, ...settings },
    training: { epochs: 5, optimiser: 'adamw', learningRate: 0.01, ...training },
  });
}

function matrix({ data, shape }: HostTensor): Matrix {
  return Matrix.from1DArray(shape[0] ?? 0, shape[1] ?? 0, data);
}

/** For each target weight: how much of the second task's update lies in the directions that the first one left. */
async function shares(
  side: Side,
  settings = {},
  training = {},
  network: typeof vit | typeof mlp = vit,
): Promise<{ columns: number; moved: number; share: number }[]> {
  const opened = await open({ side, ...settings }, training, network);
  await learn(opened, 1);
  const { kept, parameters } = opened.learner;
  const before = new Map(
    Object.entries(kept)
      .filter(([name]) => name.startsWith('history.'))
      .map(([name, history]) => {
        const parameter = name.slice('history.'.length);
        return [parameter, { history: matrix(history), weight: matrix(parameters[parameter] as HostTensor) }];
      }),
  );
  await learn(opened, 2);
  return [...before].map(([parameter, { history, weight }]) => {
    const change = Matrix.sub(matrix(opened.learner.parameter(parameter)), weight);
    const inside = side === 'output' ? history.transpose().mmul(change) : change.mmul(history);
    return { columns: history.columns, moved: change.norm(), share: inside.norm() / change.norm() };
  });
}

describe.each(['output', 'input'] as const)('a task of CoSO, bases on the %s side', (side) => {
  it('moves weights, but not in the directions of past tasks', async () => {
    const found = await shares(side);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { columns, moved, share } of found) {
      expect(columns).toBeGreaterThan(0);
      expect(moved).toBeGreaterThan(1e-3);
      expect(share).toBeLessThan(1e-5);
    }
  });

  it('moves weights in these directions, too, without the projection', async () => {
    const found = await shares(side, { projection: false });
    expect(Math.max(...found.map(({ share }) => share))).toBeGreaterThan(0.1);
  });

  it('stays out of them with the randomised solver and rare refreshes', async () => {
    for (const { share } of await shares(side, { solver: 'randomised', interval: 3 })) {
      expect(share).toBeLessThan(1e-5);
    }
  });
});

describe.each(['exact', 'randomised'] as const)(
  'gradients of fewer directions than r1, solver %s',
  (solver) => {
    it.each(['output', 'input'] as const)(
      'do not lead into those of past tasks, bases on the %s side',
      async (side) => {
        // Four examples a batch: a gradient of four directions at most, and moments of twelve.
        const settings = { side, solver, r1: 12, interval: 1, targets: ['layers'] };
        const found = await shares(side, settings, { batchSize: 4, learningRate: 0.003 }, mlp);
        expect(found).toHaveLength(2);
        for (const { columns, moved, share } of found) {
          expect(columns).toBeGreaterThan(0);
          expect(moved).toBeGreaterThan(1e-3);
          expect(share).toBeLessThan(1e-5);
        }
      },
    );
  },
);

describe('what CoSO carries', () => {
  it('is the directions of past tasks and the weights alone', async () => {
    const opened = await open();
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 1);
    expect(Object.keys(opened.learner.kept).every((name) => name.startsWith('history.'))).toBe(true);
    const changed = Object.entries(valuesOf(opened.learner.parameters))
      .filter(([name, values]) => values.some((value, at) => value !== before[name]?.[at]))
      .map(([name]) => name.replace(/^blocks\.\d\./, ''));
    expect(new Set(changed)).toEqual(
      new Set(['attn.proj.weight', 'mlp.fc1.weight', 'head.weight', 'head.bias']),
    );
  });

  it('is the same when the second task is begun from a checkpoint', async () => {
    const [undisturbed, resumed] = await undisturbedAndResumed(() => open({ solver: 'randomised' }));
    expect(resumed).toEqual(undisturbed);
  });
});

describe('the directions of past tasks', () => {
  const sketch = { U: Matrix.eye(5, 3), s: [2, 1, 1] };

  it('are as many as keep the share of the energy below the threshold', () => {
    // Shares are 4/6, 1/6 and 1/6.
    expect(grownHistory(undefined, sketch, 0.6)).toBeUndefined();
    expect(grownHistory(undefined, sketch, 0.7)?.columns).toBe(1);
    expect(grownHistory(undefined, sketch, 0.9)?.columns).toBe(2);
  });

  it('stay orthonormal, and those that are known already are not taken again', () => {
    const first = grownHistory(undefined, sketch, 0.9) as Matrix;
    const again = grownHistory(first, { U: Matrix.eye(5, 4).subMatrix(0, 4, 1, 3), s: [2, 1, 1] }, 0.9);
    expect(again?.columns).toBe(3);
    expect(again?.transpose().mmul(again).sub(Matrix.eye(3)).norm()).toBeLessThan(1e-12);
  });
});

describe('the randomised solver', () => {
  it('agrees with the exact one: values to 1%, the projector to 1%, on gradients with a falling spectrum', () => {
    const values = Array.from({ length: 60 }, (_, index) => 0.8 ** index);
    const random = new Random(1, 'gradients');
    const settings = { r1: 6, r2: 16, decay: 1, side: 'output' } as const;
    let [exact, randomised]: [Refreshed?, Refreshed?] = [];
    for (let step = 0; step < 4; step++) {
      const gradient = withSingularValues(64, 96, values, random);
      const from = { what: 'gradient', random: new Random(step, 'solver') };
      exact = refreshed(exact ?? {}, gradient, { ...settings, solver: 'exact' }, from);
      randomised = refreshed(randomised ?? {}, gradient, { ...settings, solver: 'randomised' }, from);
      exact.leading.s.slice(0, 6).forEach((value, index) => {
        expect(Math.abs((randomised?.leading.s[index] as number) / value - 1)).toBeLessThan(0.01);
      });
      const within = (at: Refreshed): Matrix => at.projector.transpose().mmul(gradient);
      expect(Math.abs(within(randomised).norm() / within(exact).norm() - 1)).toBeLessThan(0.01);
    }
  });
});

describe('a gradient that is not finite', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is an error that names the layer: %d', (value) => {
    const gradient = Matrix.ones(4, 5).set(2, 3, value);
    const what = 'gradient of blocks.0.attn.proj.weight of coso';
    for (const solver of ['exact', 'randomised'] as const) {
      const settings = { r1: 2, r2: 2, decay: 1, side: 'output', solver } as const;
      expect(() => refreshed({}, gradient, settings, { what, random: new Random(1) })).toThrow(
        `The matrix "${what}" holds ${value} (row 3, column 4)`,
      );
    }
  });
});
