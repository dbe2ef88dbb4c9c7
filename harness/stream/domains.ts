import { orderOf } from './split-classes.ts';
import { takenParts } from './taken-parts.ts';
import { everyClass, type SplitInput, type StreamPlan } from './task-plan.ts';

/** How a stream is cut by domains. */
export interface DomainRule {
  /** The domains taken, in the order that counts as natural; all of the dataset's, in its order, when left out. */
  readonly domains?: readonly string[];
}

/**
 * A task for each domain of the dataset, with the classes that occur in it, or for each one that is listed. With seeded
 * order, the domains come in an order drawn from the class-order seed.
 * @throws UserError for a domain that is not there
 */
export function splitDomains(input: SplitInput, rule: DomainRule): StreamPlan {
  const taken = takenParts('domains', rule.domains, input.domains, input.scenario);
  const order = orderOf(taken.length, input).map((position) => taken[position] as number);
  const tasks = order.map((domain) => {
    return { name: input.domains[domain] ?? '', filter: everyClass(input.classes, domain), sources: null };
  });
  return { tasks, outputs: input.classes.length, order };
}
