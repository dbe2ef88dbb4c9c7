import type { Command } from 'commander';
import type { TerminalStyle } from '../report/terminal-table.ts';

/** Makes a subcommand; its action calls `exit` with the exit code when that is not 0. */
export type CommandMaker = (exit: (code: number) => void) => Command;

/** Prints a result to standard output. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints a result for a program to read. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** How tables look on standard output: escape codes only on a terminal, and not where NO_COLOR is set. */
export function outputStyle(): TerminalStyle {
  const { isTTY, columns } = process.stdout;
  const plain = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return { colour: isTTY === true && !plain, width: isTTY ? columns : Number.POSITIVE_INFINITY };
}
