import { expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { adding, engineFor, engineNames } from './support.ts';

// A worker hears of Ctrl-C, and of the end of its parent, between two turns of the event loop.
it.each(engineNames)('%s lets others run between many calls of a program', async (name) => {
  const engine = await engineFor(name);
  const state = engine.createState({ total: float32([0, 0], [2]) });
  const compiled = await engine.compile(adding());
  let heard = false;
  setImmediate(() => {
    heard = true;
  });
  const begun = performance.now();
  while (!heard && performance.now() - begun < 10_000) await compiled.run({ x: float32([1, 2], [2]) }, state);
  expect(heard).toBe(true);
});
