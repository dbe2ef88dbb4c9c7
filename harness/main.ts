import { Command, CommanderError } from 'commander';
import { checkCommand } from './commands/check.ts';
import { askForArgumentsFirst } from './commands/command.ts';
import { compareCommand } from './commands/compare.ts';
import { explainCommand } from './commands/explain.ts';
import { importCommand } from './commands/import.ts';
import { leaderboardCommand } from './commands/leaderboard.ts';
import { lsCommand } from './commands/ls.ts';
import { metricsCommand } from './commands/metrics.ts';
import { pretrainCommand } from './commands/pretrain.ts';
import { regressCommand } from './commands/regress.ts';
import { reportCommand } from './commands/report.ts';
import { reproduceCommand } from './commands/reproduce.ts';
import { runCommand } from './commands/run.ts';
import { showCommand } from './commands/show.ts';
import { tableCommand } from './commands/table.ts';
import { tuneCommand } from './commands/tune.ts';
import { validateCommand } from './commands/validate.ts';
import { UsageError, UserError } from './errors.ts';
import { packageVersion } from './version.ts';

const commands = [
  runCommand,
  tuneCommand,
  tableCommand,
  reportCommand,
  compareCommand,
  leaderboardCommand,
  regressCommand,
  reproduceCommand,
  checkCommand,
  showCommand,
  lsCommand,
  explainCommand,
  metricsCommand,
  validateCommand,
  pretrainCommand,
  importCommand,
];

/** What the program's exit code says. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/**
 * Runs the command line.
 * @param words The arguments after the program's name.
 * @returns The exit code: 0, 1 (a run or a check failed), 2 (called wrongly), 130 (interrupted).
 */
export async function main(words: readonly string[]): Promise<number> {
  endQuietlyWhenNobodyReads();
  // Node undoes the choice of nohup to ignore SIGHUP; without a terminal there is nothing to hang up.
  if (!process.stdout.isTTY && !process.stderr.isTTY) process.on('SIGHUP', () => {});
  let code: number = exitCodes.done;
  const program = new Command('palimpsest')
    .description('A continual-learning benchmark harness: scenarios in, trusted tables out.')
    .version(packageVersion())
    .exitOverride()
    .addHelpText(
      'after',
      '\nExample:\n  palimpsest run split-mnist-class --method finetune ewc er --seeds 3',
    );
  for (const make of commands) {
    const command = make((outcome) => {
      code = outcome;
    });
    program.addCommand(askForArgumentsFirst(command.copyInheritedSettings(program)));
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  // Commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (!(error instanceof UserError)) throw error;
  console.error(`palimpsest: ${error.message}`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

/** `palimpsest ls methods | head -1` closes the pipe early; that is not an error. */
function endQuietlyWhenNobodyReads(): void {
  // Progress that nobody can see any more (`2>&1 | head`, a closed terminal) is no reason to end a sweep.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    process.exit();
  });
}
