import { formatReportCsv } from '../report/csv.ts';
import type { ReportTable } from '../report/group-runs.ts';
import { formatTerminalTable } from '../report/terminal-table.ts';
import { outputStyle, print } from './command.ts';
import { writeOutput } from './write-output.ts';

/** Prints tables for a person, one below the other. */
export function printTables(tables: readonly ReportTable[]): void {
  for (const table of tables) print(`${formatTerminalTable(table, outputStyle())}\n`);
}

/** Writes tables to one CSV file, or prints it for `-`. @throws UserError when the file cannot be written */
export function writeCsv(path: string, tables: readonly ReportTable[]): void {
  writeOutput(path, formatReportCsv(tables));
}
