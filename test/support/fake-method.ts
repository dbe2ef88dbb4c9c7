import type { Method } from '../../harness/train/method.ts';

/** Fine-tuning with the given hooks: a method for one test. */
export function fakeMethod(hooks: Partial<Method> = {}): Method {
  return { name: 'fake', version: 1, title: 'Fake', summary: 'For a test.', settings: {}, ...hooks };
}
