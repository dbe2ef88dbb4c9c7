import type { Argument, Command } from 'commander';
import type { TerminalStyle } from '../report/terminal-table.ts';

/** Makes a subcommand; its action calls `exit` with the exit code when that is not 0. */
export type CommandMaker = (exit: (code: number) => void) => Command;

/**
 * Makes usage and errors of a command ask for its arguments before its options: an option that takes several values, or one
 * that may have none, takes an argument behind it for its own.
 */
export function askForArgumentsFirst(command: Command): Command {
  const words = command.registeredArguments.map(writtenArgument);
  if (words.length === 0) return command;
  const usage = `${words.join(' ')} [options]`;
  return command.usage(usage).configureOutput({
    outputError: (text, write) =>
      write(
        text.startsWith('error: missing required argument')
          ? `${text.trimEnd()}. Write it before the options: palimpsest ${command.name()} ${usage}\n`
          : text,
      ),
  });
}

function writtenArgument(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Prints a result to standard output. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints a result for a program to read. Numbers that JSON lacks (an infinite ratio, NaN) are written as text. */
export function printJson(value: unknown): void {
  const writable = (_key: string, part: unknown): unknown =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
  print(JSON.stringify(value, writable, 2));
}

/** How tables look on standard output: escape codes only on a terminal, and not where NO_COLOR is set. */
export function outputStyle(): TerminalStyle {
  const { isTTY, columns } = process.stdout;
  const plain = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return { colour: isTTY === true && !plain, width: isTTY ? columns : Number.POSITIVE_INFINITY };
}
