import type { Problem } from './problems.ts';
import type { ClassGroup } from './scenario.ts';
import type { NamedGroup } from './task-plan.ts';

/**
 * The classes of each group by their number. A dataset that names no groups is one group by its own name.
 * @param problems receives what is wrong: more classes than there are, unknown ones, one in two groups or in none
 */
export function resolveGroups(
  dataset: { readonly name: string; readonly groups?: readonly ClassGroup[] },
  classes: readonly string[],
  problems: Problem[],
): NamedGroup[] {
  if (dataset.groups === undefined)
    return [{ name: dataset.name, classes: classes.map((_, index) => index) }];
  const holders = new Map<number, string>();
  const names = new Set<string>();
  let next = 0;
  const groups = dataset.groups.map((group, index) => {
    const path = `$.groups[${index}]`;
    if (names.has(group.name)) {
      problems.push({ path: `${path}.name`, message: `is "${group.name}" again; names must differ` });
    }
    names.add(group.name);
    const members = membersOf(group, next, classes, path, problems);
    for (const member of members) {
      const holder = holders.get(member);
      if (holder !== undefined) {
        const message = `holds the class "${classes[member]}", which is in "${holder}" too; a class belongs to one group`;
        problems.push({ path: `${path}.classes`, message });
      }
      holders.set(member, group.name);
    }
    next = Math.max(next, ...members.map((member) => member + 1));
    return { name: group.name, classes: members };
  });
  // A task is made of a group: what is in none would be neither trained on nor tested, without a word.
  const left = classes.filter((_, member) => !holders.has(member));
  if (left.length > 0) {
    const share = `${left.length} of the dataset's ${classes.length} classes`;
    const message = `leave out ${share}, the first being "${left[0]}"; every class belongs to one group`;
    problems.push({ path: '$.groups', message });
  }
  return groups;
}

function membersOf(
  group: ClassGroup,
  next: number,
  classes: readonly string[],
  path: string,
  problems: Problem[],
): number[] {
  if (typeof group.classes !== 'number') {
    const unknown = group.classes.filter((name) => !classes.includes(name));
    if (unknown.length > 0) {
      const message = `names "${unknown[0]}"; it must be one of the dataset's ${classes.length} classes`;
      problems.push({ path: `${path}.classes`, message });
    }
    return group.classes.map((name) => classes.indexOf(name)).filter((member) => member >= 0);
  }
  const left = classes.length - next;
  if (group.classes > left) {
    const message = `is ${group.classes}, but only ${left} of the dataset's ${classes.length} classes are left`;
    problems.push({ path: `${path}.classes`, message });
  }
  return Array.from({ length: Math.min(group.classes, left) }, (_, index) => next + index);
}
