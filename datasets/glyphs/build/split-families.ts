import { createHash } from 'node:crypto';
import type { Alphabet } from './alphabets.ts';
import { likeness } from './compare-drawings.ts';
import type { RenderedFace } from './render-faces.ts';

export const parts = ['train', 'validation', 'test'] as const;
export type Part = (typeof parts)[number];

const shares: Readonly<Record<Part, number>> = { train: 0.7, validation: 0.1, test: 0.2 };
/** Families more alike than this, in any alphabet, are variations of one drawing. */
const related = 0.97;

/**
 * Which part each family's images are in: one for all alphabets, so that no font of the test set was ever trained on, be
 * it in another writing system. Families that are variations of one drawing, or whose names say so (X Y and X Y Condensed),
 * go together; one word in common says too little (Open Sans, Open Runde).
 */
export function splitFamilies(chosen: ReadonlyMap<Alphabet, readonly RenderedFace[]>): Map<string, Part> {
  const alphabets = [...chosen].sort(([, left], [, right]) => left.length - right.length);
  const clans = clansOf(alphabets.map(([, faces]) => faces));
  const part = new Map<string, Part>();
  // The alphabets with the fewest fonts first: they have the least to choose from.
  for (const [, faces] of alphabets) {
    const counts: Record<Part, number> = { train: 0, validation: 0, test: 0 };
    for (const { family } of faces) {
      const known = part.get(family);
      if (known) counts[known]++;
    }
    const sizeOf = (clan: readonly string[]): number =>
      faces.filter(({ family }) => clan.includes(family)).length;
    // The largest first, so that they fall to the largest part and the small ones even out the rest.
    const open = [...new Set(faces.map(({ family }) => clans.get(family) ?? [family]))]
      .filter(([first]) => first !== undefined && !part.has(first))
      .sort((left, right) => sizeOf(right) - sizeOf(left) || (orderOf(left) < orderOf(right) ? -1 : 1));
    for (const clan of open) {
      const neediest = parts.reduce((most, next) =>
        counts[next] / shares[next] < counts[most] / shares[most] ? next : most,
      );
      for (const family of clan) part.set(family, neediest);
      counts[neediest] += sizeOf(clan);
    }
  }
  return part;
}

/** An order that has nothing to do with names or looks. */
function orderOf(clan: readonly string[]): string {
  return createHash('sha256').update(clan.join('|')).digest('hex');
}

/** For each family all those that it must stay together with, itself included. */
function clansOf(alphabets: readonly (readonly RenderedFace[])[]): Map<string, string[]> {
  const clans = new Map<string, string[]>();
  const families = [...new Set(alphabets.flatMap((faces) => faces.map(({ family }) => family)))].sort();
  for (const family of families) clans.set(family, [family]);
  const join = (left: string, right: string): void => {
    const [a, b] = [clans.get(left), clans.get(right)];
    if (!a || !b || a === b) return;
    const both = [...a, ...b].sort();
    for (const family of both) clans.set(family, both);
  };
  for (const left of families)
    for (const right of families) if (right.startsWith(`${left} `) && left.includes(' ')) join(left, right);
  for (const faces of alphabets) {
    faces.forEach((left, at) => {
      for (const right of faces.slice(at + 1)) {
        if (left.family !== right.family && likeness(left.images, right.images, 5) > related)
          join(left.family, right.family);
      }
    });
  }
  return clans;
}
