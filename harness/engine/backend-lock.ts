import { setBackend } from '@tensorflow/tfjs-core';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `action` while `backend` is TF.js's backend. TF.js has one backend for the whole process,
 * so actions of different engines take turns.
 */
export function withBackend<Result>(
  backend: string,
  action: () => Result | Promise<Result>,
): Promise<Result> {
  const turn = last.then(async () => {
    await setBackend(backend);
    return await action();
  });
  last = turn.catch(() => {});
  return turn;
}
