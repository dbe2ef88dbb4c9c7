import { createHash } from 'node:crypto';
import type { Scenario } from './scenario.ts';

/**
 * SHA-256 (64 hexadecimal digits) of what a scenario prescribes: its JSON with all defaults filled in and keys in
 * order, without its title and description. Two files that mean the same have the same digest.
 */
export function scenarioDigest(scenario: Scenario): string {
  const { title: _title, description: _description, ...prescribed } = scenario;
  return createHash('sha256').update(canonicalJson(prescribed)).digest('hex');
}

/** JSON without spaces, the keys of every object in order of their code units. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
