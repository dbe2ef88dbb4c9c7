import { add, log, mul, softmax, sub } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Candidates } from '../../harness/stream/scenario.ts';
import type { Method } from '../../harness/train/method.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { answers, type LearnerOptions, learn, openLearner, valuesOf } from '../support/tiny-learner.ts';

/** Prefers by far whatever is no candidate. */
const forbiddenFruit = fakeMethod({
  predict: ({ rawLogits }, { candidates }) => add(rawLogits, mul(sub(1, candidates), 1e6)),
});

/** The task is told at test where the candidates tell it anyway. */
function scenarioWith(train: Candidates, test: Candidates): NonNullable<LearnerOptions['scenario']> {
  const told = test === 'current';
  return {
    kind: told ? 'task-incremental' : 'class-incremental',
    candidates: { train, test },
    taskIdentity: { train: true, test: told },
  };
}

const allowed: [Candidates, task: number, after: number, outputs: number[]][] = [
  ['all', 1, 0, [0, 1, 2, 3]],
  ['seen', 2, 0, []],
  ['seen', 2, 1, [0, 1]],
  ['seen', 1, 2, [0, 1, 2, 3]],
  ['current', 1, 0, [0, 1]],
  ['current', 2, 1, [2, 3]],
];

describe('candidates', () => {
  it.each(allowed)('%s: examples of task %i after %i tasks may be %j', async (rule, task, after, outputs) => {
    const scenario = scenarioWith('all', rule);
    const { learner } = await openLearner({ method: fakeMethod(), tasks: twoTasks(), scenario });
    const mask = learner.protocol.candidates('test', task, after);
    expect([...mask]).toEqual([0, 1, 2, 3].map((output) => (outputs.includes(output) ? 1 : 0)));
  });

  it.each(allowed)(
    '%s: a method that prefers others still answers for task %i after %i with %j',
    async (rule, task, after, outputs) => {
      const scenario = scenarioWith('all', rule);
      const tasks = twoTasks();
      const opened = await openLearner({ method: forbiddenFruit, tasks, scenario });
      const given = await answers(opened, tasks[0].test, task, after);
      if (outputs.length === 0) expect(new Set(given)).toEqual(new Set([-1]));
      for (const answer of given) expect([-1, ...outputs]).toContain(answer);
    },
  );

  it.each<[train: Candidates, test: Candidates, mixed: boolean, first: number[], second: number[]]>([
    ['current', 'seen', true, [0, 1, 2, 3], [0, 1, 2, 3]],
    ['current', 'seen', false, [0, 1], [2, 3]],
    ['current', 'all', true, [0, 1, 2, 3], [0, 1, 2, 3]],
    ['current', 'current', true, [0, 1], [2, 3]],
    ['seen', 'seen', false, [0, 1, 2, 3], [0, 1, 2, 3]],
  ])(
    '%s in training and %s at test, a batch of several tasks %s: rows have %j and %j',
    async (train, test, mixed, ...outputs) => {
      const scenario = scenarioWith(train, test);
      const { learner } = await openLearner({ method: fakeMethod(), tasks: twoTasks(), scenario });
      const found = [1, 2].map((task) => [...learner.protocol.rowCandidates(task, 2, mixed)]);
      expect(found).toEqual(
        outputs.map((wanted) => [0, 1, 2, 3].map((output) => (wanted.includes(output) ? 1 : 0))),
      );
    },
  );

  it.each<[Candidates, trainedOutputs: number[]]>([
    ['all', [0, 1, 2, 3]],
    ['seen', [0, 1]],
    ['current', [0, 1]],
  ])('%s while training: the first task moves the outputs %j', async (rule, trainedOutputs) => {
    const scenario = scenarioWith(rule, 'all');
    const opened = await openLearner({ method: fakeMethod(), tasks: twoTasks(), scenario });
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 1);
    const after = valuesOf(opened.learner.parameters);
    const moved = [0, 1, 2, 3].filter(
      (output) => before['head.bias']?.[output] !== after['head.bias']?.[output],
    );
    expect(moved).toEqual(trainedOutputs);
  });
});

describe('a method that answers otherwise', () => {
  it.each<[string, NonNullable<Method['predict']>]>([
    ['with logits far below any other', ({ rawLogits }) => sub(rawLogits, 3e9)],
    ['with log-probabilities, which are −∞ for what is no candidate', ({ logits }) => log(softmax(logits))],
  ])('%s answers with candidates', async (_, predict) => {
    const [first] = twoTasks();
    const opened = await openLearner({
      method: fakeMethod({ predict }),
      tasks: twoTasks(),
      scenario: scenarioWith('seen', 'seen'),
    });
    await learn(opened, 1);
    for (const answer of await answers(opened, first.test, 1, 1)) expect([0, 1]).toContain(answer);
  });
});
