import { orderOf } from './split-classes.ts';
import { everyClass, type SplitInput, type StreamPlan } from './task-plan.ts';

/**
 * A task for each domain of the dataset, with the classes that occur in it. With seeded order, the domains come in an
 * order drawn from the class-order seed.
 */
export function splitDomains(input: SplitInput): StreamPlan {
  const order = orderOf(input.domains.length, input);
  const tasks = order.map((domain) => {
    return { name: input.domains[domain] ?? '', filter: everyClass(input.classes, domain), sources: null };
  });
  return { tasks, outputs: input.classes.length, order };
}
