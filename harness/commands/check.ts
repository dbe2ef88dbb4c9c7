import { Command, Option } from 'commander';
import type { CheckOptions } from '../check/check-method.ts';
import { type CommandMaker, print, printJson } from './command.ts';
import { engineOption, setOption } from './shared-options.ts';

interface CheckCommandOptions {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly backbone: NonNullable<CheckOptions['backbone']>;
  readonly engine: NonNullable<CheckOptions['engine']>;
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest check ewc
  palimpsest check ./my-method.ts --set strength=10 --backbone vit
  palimpsest check er --json

The method is trained a few times on a tiny stream that is made up in memory, and watched. Nothing is recorded.
Exit code: 0; 1 if a check failed; 2 if called wrongly.`;

/** `palimpsest check`: does a method keep to the protocol? */
export const checkCommand: CommandMaker = (exit) =>
  new Command('check')
    .description('check that a method keeps to the protocol: nothing leaks, nothing is hidden, runs repeat')
    .argument('<method>', "a method's name, or the path of its file")
    .addOption(setOption('a setting, as for "run"; may be repeated'))
    .addOption(
      new Option('--backbone <name>', 'the tiny network that is trained')
        .choices(['mlp', 'vit'])
        .default('mlp'),
    )
    .addOption(engineOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', examples)
    .action(async (method: string, { set, backbone, engine, json }: CheckCommandOptions) => {
      const [{ checkMethod }, { formatChecks }, { allKept }] = await Promise.all([
        import('../check/check-method.ts'),
        import('../check/format.ts'),
        import('../check/result.ts'),
      ]);
      const report = await checkMethod(method, { settings: set ?? {}, backbone, engine });
      if (json === true) printJson({ ...report, passed: allKept(report) });
      else print(formatChecks(report));
      exit(allKept(report) ? 0 : 1);
    });
