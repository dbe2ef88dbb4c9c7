import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { UsageError, UserError } from '../errors.ts';
import type { Problem } from '../stream/problems.ts';
import { suggestion } from '../suggest.ts';
import { type CommandMaker, print, printJson } from './command.ts';
import type { LookedAt } from './validate-scenario.ts';

/** What a valid file turned out to be. */
interface Verdict {
  readonly file: string;
  readonly kind: 'scenario' | 'dataset' | 'accuracy matrix' | 'leaderboard' | 'run';
  readonly summary: string;
  /** Of a scenario. */
  readonly data?: LookedAt;
}

interface ValidateOptions {
  readonly data: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest validate my-scenario.json
  palimpsest validate split-mnist-class
  palimpsest validate my-matrix.csv
  palimpsest validate leaderboard.csv
  palimpsest validate results/runs/split-mnist-class.ewc.0123456789ab

A scenario's data are opened, too, where they are there, and its tasks are listed, with seeded order those of seed 1; the
verdict says if they are not there.
With --json, what is not valid is {"valid": false, "problems": [{"path": "$.tasks", "message": "…"}]}; a problem that has
no place in a JSON file has no path.
Exit code: 0 if it is valid, 1 if it is not, 2 if there is no such file.`;

/** `palimpsest validate`: checks a file that a person wrote or was given. */
export const validateCommand: CommandMaker = () =>
  new Command('validate')
    .description(
      "check a scenario, a dataset's definition, an accuracy matrix or a leaderboard (CSV), or a recorded run",
    )
    .argument('<file>', 'JSON or CSV file, folder of a run, or name of a scenario')
    .option('--data <folder>', 'where your own copies of datasets lie', 'data')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', examples)
    .action(async (word: string, { data, json }: ValidateOptions) => {
      const file = existsSync(word) ? word : await fileNamed(word);
      const check = checkOf(file, data);
      try {
        const verdict = await check();
        if (json === true) printJson({ valid: true, ...verdict });
        else await printVerdict(verdict);
      } catch (thrown) {
        if (!(thrown instanceof UserError)) throw thrown;
        if (json === true) printJson({ valid: false, file, problems: await problemsOf(thrown) });
        // The call was right: an unknown name inside the file is a problem of the file.
        throw new UserError(thrown.message, { cause: thrown });
      }
    });

/** Of a scenario whose data are there, the tasks that they make are shown, too. */
async function printVerdict({ file, kind, summary, data }: Verdict): Promise<void> {
  print(`${file} is a valid ${kind}: ${summary}.`);
  if (data?.kind !== 'opened') return;
  const { formatTasks } = await import('../report/task-table.ts');
  print(formatTasks(data.tasks));
}

/** The file of the scenario with this name. @throws UsageError if there is none */
async function fileNamed(word: string): Promise<string> {
  const { scenarioNames, scenarioPath } = await import('../stream/load-scenario.ts');
  const known = scenarioNames();
  if (known.includes(word)) return scenarioPath(word);
  throw new UsageError(`There is no file ${word}, and no scenario of that name.${suggestion(word, known)}`);
}

/** How a file is checked. @throws UsageError if it is nothing that can be checked */
function checkOf(file: string, data: string): () => Promise<Verdict> {
  if (statSync(file).isDirectory()) return () => validateRun(file);
  if (file.endsWith('.csv')) return () => validateCsv(file);
  if (basename(file) === 'dataset.json') return () => validateDataset(file);
  if (file.endsWith('.json')) return () => validateScenarioFile(file, data);
  throw new UsageError(`${file} is neither a .json nor a .csv file; what it should be cannot be told.`);
}

/** Each with its JSON path, where the file is JSON and could be read as such. */
async function problemsOf(error: UserError): Promise<readonly Partial<Problem>[]> {
  const { ProblemsError } = await import('../stream/problems.ts');
  return error instanceof ProblemsError ? error.problems : [{ message: error.message }];
}

async function validateRun(file: string): Promise<Verdict> {
  const { readRun } = await import('../record/read-run.ts');
  const { record, cells } = readRun(file);
  return { file, kind: 'run', summary: `${record.id}, ${record.status.state}, ${cells.length} cells` };
}

/** A CSV file is a leaderboard if it begins like one, else an accuracy matrix. */
async function validateCsv(file: string): Promise<Verdict> {
  const [{ isLeaderboardCsv, parseLeaderboardCsv }, { withFileErrors }] = await Promise.all([
    import('../leaderboard/read-csv.ts'),
    import('../record/files.ts'),
  ]);
  const text = withFileErrors(`read ${file}`, () => readFileSync(file, 'utf8'));
  if (!isLeaderboardCsv(text)) return validateMatrix(file, text);
  const rows = parseLeaderboardCsv(text, file).map(({ row }) => row);
  const scenarios = new Set(rows.map(({ fields }) => `${fields.scenario}@${fields.scenario_version}`));
  const metrics = new Set(rows.flatMap((row) => [...row.metrics.keys()]));
  return {
    file,
    kind: 'leaderboard',
    summary: `${rows.length} rows of ${scenarios.size} scenarios, with ${[...metrics].join(', ') || 'no metric'}`,
  };
}

async function validateMatrix(file: string, text: string): Promise<Verdict> {
  const [{ parseAccuracyCsv }, { AccuracyMatrix }, { computeMetrics, metrics }] = await Promise.all([
    import('../evaluate/accuracy-csv.ts'),
    import('../evaluate/accuracy-matrix.ts'),
    import('../evaluate/metrics/index.ts'),
  ]);
  const cells = parseAccuracyCsv(text, file);
  const matrix = new AccuracyMatrix(cells);
  const computed = [...computeMetrics(matrix, metrics)];
  const computable = computed.filter(([, { kind }]) => kind === 'value').map(([id]) => id);
  return {
    file,
    kind: 'accuracy matrix',
    summary: `${matrix.tasks} tasks, ${cells.length} cells, enough for ${computable.join(', ') || 'no metric'}`,
  };
}

async function validateDataset(file: string): Promise<Verdict> {
  const { readJson, validateDatasetDefinition } = await import('../stream/dataset-definition.ts');
  const { name, revision } = validateDatasetDefinition(readJson(file), file);
  return { file, kind: 'dataset', summary: `${name}, revision ${revision}` };
}

async function validateScenarioFile(file: string, data: string): Promise<Verdict> {
  const { checkScenarioFile } = await import('./validate-scenario.ts');
  return { file, kind: 'scenario', ...(await checkScenarioFile(file, data)) };
}
