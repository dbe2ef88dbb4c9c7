/**
 * Text on one line that shows what it holds: control characters, line separators and marks that turn the direction of
 * writing become blanks, halves of surrogate pairs the replacement character. Names in run records may come from elsewhere.
 */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\ufffd')
    .trim();
}
