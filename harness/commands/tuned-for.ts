import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { isMeasured, readTunedSettings } from '../record/tuned-settings.ts';
import type { Scenario } from '../stream/scenario.ts';
import { scenarioDigest } from '../stream/scenario-digest.ts';
import type { Method } from '../train/method.ts';

/** Where `palimpsest tune` writes what it found for a scenario. */
export function tunedFile(results: string, scenario: string): string {
  return join(results, 'tuned', `${scenario}.json`);
}

/**
 * The settings that were found best for each method on a scenario, by the method's name.
 * @throws UserError when nothing is recorded, or what is was found on another version of the scenario or the method, or no
 *   trial of it was measured
 */
export function tunedFor(
  scenario: Scenario,
  methods: readonly Method[],
  { tuned, results }: { readonly tuned?: string | true; readonly results: string },
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const file = typeof tuned === 'string' ? tuned : tunedFile(results, scenario.name);
  const record = readTunedSettings(file);
  const cure = `Run "palimpsest tune ${scenario.name} --method ${methods.map(({ name }) => name).join(' ')}".`;
  if (!record)
    throw new UserError(`There are no tuned settings for ${scenario.name}: no file ${file}. ${cure}`);
  if (record.scenario.digest !== scenarioDigest(scenario)) {
    const { name, version } = record.scenario;
    throw new UserError(
      `The settings in ${file} were found on another text of the scenario (${name}@${version}). ${cure}`,
    );
  }
  return Object.fromEntries(
    methods.map(({ name, version }) => {
      const found = record.methods[name];
      if (!found) throw new UserError(`No tuned settings of ${name} are in ${file}. ${cure}`);
      if (found.version !== version) {
        throw new UserError(
          `The settings of ${name} in ${file} were found with its version ${found.version}; it now has ${version}. ${cure}`,
        );
      }
      if (!isMeasured(found)) {
        const reason = found.trials[found.best]?.error?.split('\n')[0] ?? 'there is no such trial';
        throw new UserError(
          `The best trial of ${name} in ${file} has no values (${reason}), so nothing was found best. ${cure}`,
        );
      }
      return [name, found.settings];
    }),
  );
}
