/** A field: a number stays a number, null is an empty field. */
export type CsvValue = string | number | null;

/** What a spreadsheet takes for a formula, after apostrophes of our own; full-width signs count in some languages. */
const formula = /^'*[=+\-@＝＋－＠\t\r\n]/;

/** Lines of fields as CSV (RFC 4180), a newline after each. Text that a spreadsheet would run begins with an apostrophe. */
export function formatCsv(lines: readonly (readonly CsvValue[])[]): string {
  return lines.map((line) => `${line.map(csvField).join(',')}\n`).join('');
}

/** The text that was written: takes off the apostrophe that `formatCsv` put before a formula. */
export function restoreText(field: string): string {
  return field.startsWith("'") && formula.test(field) ? field.slice(1) : field;
}

function csvField(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
