import { UserError } from '../../errors.ts';
import type { Scenario } from '../../stream/scenario.ts';
import type { Method } from '../method.ts';

/**
 * Refuses a pair of method and scenario that does not fit.
 * @throws UserError that says which need the scenario does not meet
 */
export function checkCompatibility(method: Method, scenario: Scenario): void {
  if (method.kinds && !method.kinds.includes(scenario.kind)) {
    throw new UserError(
      `The method ${method.name} runs ${method.kinds.join(', ')} scenarios; ${scenario.name} is ${scenario.kind}.`,
    );
  }
  if (method.needs?.taskIdentityAtTest && !scenario.taskIdentity.test) {
    throw new UserError(
      `The method ${method.name} needs the task of each test example, which ${scenario.name} hides. ` +
        'Choose a task-incremental scenario.',
    );
  }
  if (method.needs?.taskIdentityAtTest && !scenario.taskIdentity.train) {
    throw new UserError(
      `The method ${method.name} needs the task of each example also in training, which ${scenario.name} hides. ` +
        'Let "taskIdentity" of the scenario tell it.',
    );
  }
}
