import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a person most likely meant by a misspelt `name`: the one within the fewest edits (at most about a
 * third of the name), else one that contains the name or is contained in it. Case is ignored.
 * @returns undefined when no candidate is near.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const limit = Math.max(2, Math.ceil(wanted.length / 3));
  let best: string | undefined;
  let fewest = limit + 1;
  let containing: string | undefined;
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase();
    const edits = distance(wanted, lower);
    if (edits < fewest && edits < lower.length) {
      best = candidate;
      fewest = edits;
    }
    if (wanted.length >= 3 && (lower.includes(wanted) || (lower.length >= 3 && wanted.includes(lower)))) {
      containing ??= candidate;
    }
  }
  return best ?? containing;
}

/** ` Did you mean "…"?` to append to an error, or an empty string when nothing is near. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const near = nearest(name, candidates);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}
