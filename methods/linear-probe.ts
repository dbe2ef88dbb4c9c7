import { trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { defineMethod } from '../harness/train/method.ts';

/**
 * A linear classifier on frozen features: only the head is trained. What is forgotten then is the head's alone, so the
 * distance to methods that adapt the backbone shows what adapting is worth, and what it costs.
 */
export default defineMethod({
  name: 'linear-probe',
  version: 1,
  title: 'Linear probe',
  summary: 'Freezes the backbone and trains the head alone.',
  settings: {},
  prepare: trainOnlyHead,
});
