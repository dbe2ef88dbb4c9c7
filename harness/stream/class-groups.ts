import { UserError } from '../errors.ts';
import { orderOf } from './split-classes.ts';
import { takenParts } from './taken-parts.ts';
import type { NamedGroup, SplitInput, StreamPlan, TaskPlan } from './task-plan.ts';

/** How a stream is cut by groups. */
export interface GroupRule {
  /** The groups taken, in the order that counts as natural; all of the dataset's, in its order, when left out. */
  readonly groups?: readonly string[];
  readonly tasksPerGroup?: number;
}

/**
 * A task for each group of classes, or several: then a group's classes are cut in their order, the earlier tasks having
 * one more where the cut is not even. With seeded order, the groups come in an order drawn from the class-order seed;
 * the classes of a group stay in theirs. With labels `class`, outputs are numbered in the order in which classes come.
 * @throws UserError for a group that is not there, and for one with fewer classes than it is to be cut into
 */
export function splitClassGroups(input: SplitInput, rule: GroupRule): StreamPlan {
  const known = input.groups.map(({ name }) => name);
  // Where a dataset's groups are known before it is read, its scenario was checked already.
  const taken = takenParts('groups', rule.groups, known, input.scenario);
  const order = orderOf(taken.length, input).map((position) => taken[position] as number);
  const shared = input.scenario.labels === 'within-task';
  let first = 0;
  let largest = 0;
  const tasks = order.flatMap((index) => {
    const { name, classes } = input.groups[index] as NamedGroup;
    const { tasksPerGroup = 1 } = rule;
    if (classes.length < tasksPerGroup) {
      throw new UserError(
        `Scenario "${input.scenario.name}": $.tasks.tasksPerGroup is ${tasksPerGroup}, but group "${name}" has ` +
          `${classes.length} classes; it must be at most that.`,
      );
    }
    const parts = cutEvenly(classes, tasksPerGroup);
    return parts.map((members, part): TaskPlan => {
      const outputOf = new Int32Array(input.classes.length).fill(-1);
      members.forEach((member, position) => {
        outputOf[member] = shared ? position : first + position;
      });
      first += members.length;
      largest = Math.max(largest, members.length);
      const title = parts.length === 1 ? name : `${name} ${part + 1} of ${parts.length}`;
      return { name: title, filter: { outputOf, domain: null }, sources: null };
    });
  });
  return { tasks, order, outputs: shared ? largest : first };
}

function cutEvenly(members: readonly number[], parts: number): number[][] {
  const [size, longer] = [Math.floor(members.length / parts), members.length % parts];
  return Array.from({ length: parts }, (_, part) => {
    const start = part * size + Math.min(part, longer);
    return members.slice(start, start + size + (part < longer ? 1 : 0));
  });
}
