import { Command } from 'commander';
import { type CommandMaker, print, printJson } from './command.ts';

const examples = `
Example:
  palimpsest explain forgetting/chaudhry`;

/** `palimpsest explain`: what a metric means exactly. */
export const explainCommand: CommandMaker = () =>
  new Command('explain')
    .description('explain a metric: formula, source, who uses it under what name')
    .argument('<metric>', 'id of a metric; @version may be left out')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples)
    .action(async (id: string, { json }: { readonly json?: boolean }) => {
      const { findMetric } = await import('../evaluate/metrics/index.ts');
      const { alignPairs } = await import('../report/run-summary.ts');
      const {
        title,
        range,
        direction,
        unit,
        reads,
        formula,
        source,
        usedBy,
        leastTasks,
        note,
        id: fullId,
      } = findMetric(id);
      const facts = {
        id: fullId,
        title,
        formula,
        reads,
        range,
        direction,
        unit,
        leastTasks,
        source,
        usedBy,
        note,
      };
      if (json === true) {
        printJson(facts);
        return;
      }
      const pairs: [string, string][] = [
        ['formula', formula],
        ['', 'R[i][j] is the accuracy on task j after i tasks; T is the number of tasks'],
        ['reads', reads],
        ['range', `${range[0]} to ${range[1]} (tables show percent), ${direction} is better`],
        ['needs', `at least ${leastTasks} ${leastTasks === 1 ? 'task' : 'tasks'}`],
        ['source', source],
        ['used by', usedBy ?? 'no other tool that is known'],
        ...(note === undefined ? [] : [['note', note] satisfies [string, string]]),
      ];
      print(`${fullId}: ${title}\n${alignPairs(pairs)}`);
    });
