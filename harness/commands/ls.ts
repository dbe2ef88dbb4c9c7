import { Argument, Command } from 'commander';
import { type CommandMaker, print, printJson } from './command.ts';

/** A thing in a list: its name, a word about it, and all its facts for `--json`. */
interface Item {
  readonly name: string;
  readonly about: string;
  readonly facts: unknown;
}

const lists = {
  scenarios: listScenarios,
  methods: listMethods,
  datasets: listDatasets,
  engines: listEngines,
  metrics: listMetrics,
} satisfies Record<string, () => Promise<Item[]>>;

const examples = `
Examples:
  palimpsest ls methods
  palimpsest ls scenarios --json`;

/** `palimpsest ls`: what there is to choose from. */
export const lsCommand: CommandMaker = () =>
  new Command('ls')
    .description('list scenarios, methods, datasets, engines or metrics')
    .addArgument(new Argument('<what>', 'what to list').choices(Object.keys(lists)))
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples)
    .action(async (what: keyof typeof lists, { json }: { readonly json?: boolean }) => {
      const items = await lists[what]();
      if (json === true) {
        printJson(items.map(({ facts }) => facts));
        return;
      }
      const width = Math.max(0, ...items.map(({ name }) => name.length));
      for (const { name, about } of items) print(`${name.padEnd(width)}  ${about}`);
    });

async function listScenarios(): Promise<Item[]> {
  const { listScenarios: list } = await import('../stream/load-scenario.ts');
  return list().map((scenario) => ({
    name: scenario.name,
    about: `${scenario.title} (${scenario.kind}, version ${scenario.version})`,
    facts: scenario,
  }));
}

async function listMethods(): Promise<Item[]> {
  const { listMethods: list } = await import('../train/registry/methods.ts');
  return (await list()).map((method) => ({
    name: method.name,
    about: `${method.title}: ${method.summary}`,
    facts: method,
  }));
}

async function listDatasets(): Promise<Item[]> {
  const { listDatasets: list } = await import('../stream/load-scenario.ts');
  return list().map((dataset) => ({
    name: dataset.name,
    about: `${dataset.title}, revision ${dataset.revision}, ${dataset.licence}`,
    facts: dataset,
  }));
}

async function listEngines(): Promise<Item[]> {
  const { listEngines: list } = await import('../engine/open-engine.ts');
  return (await list()).map((engine) => ({
    name: engine.name,
    about: engine.available
      ? `available; devices ${engine.devices.join(', ')}`
      : `not available: ${engine.reason}`,
    facts: engine,
  }));
}

async function listMetrics(): Promise<Item[]> {
  const { metrics } = await import('../evaluate/metrics/index.ts');
  return metrics.map(({ cells: _cells, compute: _compute, referenceCells: _reference, ...facts }) => ({
    name: facts.id,
    about: `${facts.title}, ${facts.direction} is better: ${facts.formula}`,
    facts,
  }));
}
