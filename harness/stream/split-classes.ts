import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { RowFilter, SplitInput, StreamPlan } from './task-plan.ts';

/**
 * Disjoint groups of classes, cut from the class order. With labels `class`, the class at position k of the order has
 * output k; with `within-task`, its position inside the task.
 * @throws UserError if the classes cannot be cut into tasks of equal size
 */
export function splitClasses(input: SplitInput, classesPerTask: number): StreamPlan {
  const count = input.classes.length;
  const problem = classesPerTaskProblem(classesPerTask, count);
  if (problem !== null)
    throw new UserError(`Scenario "${input.scenario.name}": $.tasks.classesPerTask ${problem}.`);
  const order = orderOf(count, input);
  const shared = input.scenario.labels === 'within-task';
  const tasks = Array.from({ length: count / classesPerTask }, (_, task) => {
    const members = order.slice(task * classesPerTask, (task + 1) * classesPerTask);
    const outputOf = new Int32Array(count).fill(-1);
    members.forEach((member, position) => {
      outputOf[member] = shared ? position : task * classesPerTask + position;
    });
    const filter: RowFilter = { outputOf, domain: null };
    return { name: taskName(members.map((member) => input.classes[member] ?? '')), filter, sources: null };
  });
  return { tasks, order, outputs: shared ? classesPerTask : count };
}

/** Why a number of classes cannot be cut into tasks of `classesPerTask`; null if it can. */
export function classesPerTaskProblem(classesPerTask: number, classes: number): string | null {
  if (classes % classesPerTask === 0) return null;
  const divisors = Array.from({ length: classes }, (_, index) => index + 1).filter(
    (size) => classes % size === 0,
  );
  const list = divisors.length > 12 ? `a divisor of ${classes}` : `one of ${divisors.join(', ')}`;
  return (
    `is ${classesPerTask}, which does not divide the dataset's ${classes} classes; it must be ${list}. ` +
    'Tasks of unequal size are cut by "class-groups", which the dataset names'
  );
}

/** 0 … count − 1, in natural order, as a file lists it, or shuffled by the class-order seed. */
export function orderOf(
  count: number,
  input: Pick<SplitInput, 'scenario' | 'classOrderSeed' | 'listedOrder'>,
): number[] {
  if (input.listedOrder) return [...input.listedOrder];
  if (input.scenario.classOrder === 'natural') return Array.from({ length: count }, (_, index) => index);
  return [...new Random(input.classOrderSeed, 'class order').permutation(count)];
}

/** Long lists are cut, since names stand in tables. */
function taskName(names: readonly string[]): string {
  const listed = names.length > 5 ? [...names.slice(0, 4), `… (${names.length})`] : names;
  return `${names.length === 1 ? 'class' : 'classes'} ${listed.join(', ')}`;
}
