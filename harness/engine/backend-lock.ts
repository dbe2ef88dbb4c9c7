import { setBackend } from '@tensorflow/tfjs-core';
import { EngineError } from './program.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `action` while `backend` is TF.js's backend. TF.js has one backend for the whole process,
 * so actions of different engines take turns. Everything that changes the backend goes through here.
 * @throws EngineError when the backend cannot be started
 */
export function withBackend<Result>(
  backend: string,
  action: () => Result | Promise<Result>,
): Promise<Result> {
  const turn = last.then(async () => {
    if (!(await setBackend(backend)))
      throw new EngineError(`TF.js cannot start its backend "${backend}" here.`);
    return await action();
  });
  last = turn.catch(() => {});
  return turn;
}
