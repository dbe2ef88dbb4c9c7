import { UserError } from '../errors.ts';
import { suggestion } from '../suggest.ts';
import type { Scenario } from './scenario.ts';

/**
 * The groups or domains of a dataset that a scenario takes, by their numbers, in the order that counts as natural: as they
 * are listed, or all of the dataset's in its order where none are.
 * @param property of `$.tasks` that lists them
 * @throws UserError for one that is not there
 */
export function takenParts(
  property: 'groups' | 'domains',
  listed: readonly string[] | undefined,
  known: readonly string[],
  { name: scenario }: Pick<Scenario, 'name'>,
): number[] {
  return (listed ?? known).map((name, index) => {
    const number = known.indexOf(name);
    if (number >= 0) return number;
    throw new UserError(
      `Scenario "${scenario}": $.tasks.${property}[${index}] is "${name}"; it must be a ${property.slice(0, -1)} ` +
        `of the dataset: ${known.join(', ')}.${suggestion(name, known)}`,
    );
  });
}
