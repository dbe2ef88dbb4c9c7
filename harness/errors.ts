/**
 * An error whose message is meant for the person at the terminal: it names the cause and the cure.
 * The command line prints the message alone; every other error is a bug and keeps its stack.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** The command was called wrongly (unknown option, name or value): exit code 2. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
