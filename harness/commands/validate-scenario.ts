import { backboneProblem } from '../backbones/backbone-settings.ts';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { readJson } from '../stream/dataset-definition.ts';
import { someOrderSeed } from '../stream/listed-orders.ts';
import { scenarioDigest, scenarioDirectory, validateScenario } from '../stream/load-scenario.ts';
import { openStream } from '../stream/open-stream.ts';
import { problemsError } from '../stream/problems.ts';
import { MissingDataError } from '../stream/readers/data-file.ts';
import type { Scenario } from '../stream/scenario.ts';
import { type TaskSizes, taskSizes } from '../stream/task-sizes.ts';

/** What a scenario's data turned out to be, or why nobody looked at them. */
export type LookedAt =
  | {
      readonly kind: 'opened';
      readonly tasks: readonly TaskSizes[];
      readonly inputShape: readonly number[];
      readonly outputs: number;
    }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * Checks a scenario's file, its backbone and, where they are there, its data: much that is wrong in a scenario, such as a
 * column of another name or patches that do not tile the images, is a contradiction to its data.
 * @param dataDirectory where a person's own copies of named datasets lie
 * @throws UserError that says what is wrong and what would be right
 */
export async function checkScenarioFile(
  file: string,
  dataDirectory: string,
): Promise<{ readonly summary: string; readonly data: LookedAt }> {
  const scenario = validateScenario(readJson(file), file);
  const problem = backboneProblem(scenario.backbone);
  if (problem !== undefined) {
    throw problemsError(file, 'scenario', [{ path: '$.backbone', message: `is refused: ${problem}` }]);
  }
  const data = await lookAt(scenario, scenarioDirectory(file), dataDirectory);
  if (data.kind === 'opened') await buildBackbone(file, scenario, data);
  const identity = `${scenario.name}@${scenario.version}, digest ${scenarioDigest(scenario).slice(0, 12)}`;
  return { summary: `${identity}, ${describe(data)}`, data };
}

async function lookAt(scenario: Scenario, baseDirectory: string, dataDirectory: string): Promise<LookedAt> {
  const classOrderSeed = someOrderSeed(scenario, baseDirectory);
  try {
    const stream = await openStream(scenario, { classOrderSeed, dataDirectory, baseDirectory });
    stream.close?.();
    const { tasks, inputShape, outputs } = stream;
    return { kind: 'opened', tasks: tasks.map(taskSizes), inputShape, outputs };
  } catch (thrown) {
    if (thrown instanceof MissingDataError) return { kind: 'missing', reason: thrown.message };
    throw thrown;
  }
}

/** Builds the backbone for the inputs that the data turned out to have, with the weights of its file if it names one. */
async function buildBackbone(
  file: string,
  { backbone }: Scenario,
  { inputShape, outputs }: Extract<LookedAt, { kind: 'opened' }>,
): Promise<void> {
  const { openBackbone } = await import('../backbones/open-backbone.ts');
  try {
    openBackbone(backbone, inputShape, outputs).initialise(new Random(0, 'validate'));
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    throw problemsError(file, 'scenario', [{ path: '$.backbone', message: `is refused: ${thrown.message}` }]);
  }
}

function describe(data: LookedAt): string {
  if (data.kind === 'missing') return `but its data were not looked at: ${data.reason.replace(/\.$/, '')}`;
  const { tasks, inputShape, outputs } = data;
  return `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}, inputs of ${inputShape.join(' × ')}, ${outputs} outputs`;
}
