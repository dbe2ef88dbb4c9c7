import { mul, range } from '@tensorflow/tfjs-core';
import { defineMethod } from '../../../harness/train/method.ts';

/** A cheat, to be found out: it lets itself answer with every output, and likes the last one best. */
export default defineMethod({
  name: 'lifts-mask',
  version: 1,
  title: 'A cheat',
  summary: 'Changes its protocol so that every output is a candidate.',
  settings: {},

  prepare({ protocol }) {
    const { candidates, outputs } = protocol;
    Object.assign(protocol, {
      candidates: (phase: 'train' | 'test', task: number, seen: number) =>
        phase === 'test' ? new Float32Array(outputs).fill(1) : candidates(phase, task, seen),
    });
  },

  predict: ({ rawLogits }) => mul(rawLogits, range(1, (rawLogits.shape[1] ?? 0) + 1)),
});
