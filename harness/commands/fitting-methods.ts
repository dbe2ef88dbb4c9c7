import { messageOf, UserError } from '../errors.ts';
import type { Scenario } from '../stream/scenario.ts';
import { checkCompatibility } from '../train/registry/compatibility.ts';
import { loadMethod, methodNames } from '../train/registry/methods.ts';

/** The name that stands for every method that fits. */
export const allMethods = 'all';

/** The methods that come with the program, by whether they fit a scenario. */
export interface FittingMethods {
  readonly fitting: readonly string[];
  readonly unfit: readonly { readonly name: string; readonly reason: string }[];
}

/** Which methods a scenario allows, and of the others what they need that it does not have. */
export async function fittingMethods(scenario: Scenario): Promise<FittingMethods> {
  const fitting: string[] = [];
  const unfit: { name: string; reason: string }[] = [];
  for (const name of methodNames()) {
    const { method } = await loadMethod(name);
    try {
      checkCompatibility(method, scenario);
      fitting.push(name);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unfit.push({ name, reason: messageOf(error) });
    }
  }
  return { fitting, unfit };
}
