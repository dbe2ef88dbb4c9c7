/** More levels of brackets than any record or settings have. */
const deepest = 100;

/**
 * Whether JSON text is nested so deeply that walking through it would exhaust the stack. Whoever is about to take
 * digests of a file from elsewhere asks this first. Brackets in strings do not count.
 */
export function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    if (depth > deepest) return true;
  }
  return false;
}
