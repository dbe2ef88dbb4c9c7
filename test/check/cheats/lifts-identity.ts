import { defineMethod } from '../../../harness/train/method.ts';

/** A cheat, to be found out: it answers with the classes of the example’s own task, though nobody tells it the task. It changes
 * the rules of its protocol, which the loop asks with the right task. */
export default defineMethod({
  name: 'lifts-identity',
  version: 1,
  title: 'A cheat',
  summary: 'Narrows the candidates to those of the example’s task.',
  settings: {},

  prepare({ protocol }) {
    const { candidates } = protocol;
    const own = (task: number): Float32Array => {
      const before = candidates('test', task, task - 1);
      return candidates('test', task, task).map((allowed, output) => allowed - (before[output] ?? 0));
    };
    Object.assign(protocol, {
      candidates: (phase: 'train' | 'test', task: number, seen: number) =>
        phase === 'test' && task <= seen ? own(task) : candidates(phase, task, seen),
    });
  },
});
