import { defineMethod } from '../harness/train/method.ts';

/**
 * Sequential fine-tuning: keep training on each task, keep nothing but the weights. The lower reference:
 * what is learned is overwritten as fast as the optimiser can.
 */
export default defineMethod({
  name: 'finetune',
  version: 1,
  title: 'Sequential fine-tuning',
  summary: 'Trains on each task in turn and does nothing against forgetting: the lower reference.',
  settings: {},
});
