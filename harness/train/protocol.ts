import { UserError } from '../errors.ts';
import type { Examples } from '../stream/examples.ts';
import type { Candidates, Scenario, ScenarioKind } from '../stream/scenario.ts';
import type { TaskStream } from '../stream/stream.ts';

/** The scenario's rules on what a learner may know, as the loop applies them. */
export interface Protocol {
  readonly kind: ScenarioKind;
  readonly outputs: number;
  /** How many tasks the stream has. */
  readonly tasks: number;
  /** How many the scenario has: more where only the first of them are run. */
  readonly scenarioTasks: number;
  readonly inputShape: readonly number[];
  /** Shape and encoding of the inputs, for whoever stores some. */
  readonly inputs: Pick<Examples, 'shape' | 'encoding'>;
  readonly taskIdentity: Scenario['taskIdentity'];
  /**
   * Which outputs may be answered with for an example of a task, 1 or 0 each.
   * @param seen tasks whose training has begun
   * @returns `[outputs]`; all 0 when nothing may be answered yet
   */
  candidates(phase: 'train' | 'test', task: number, seen: number): Float32Array;
  /**
   * Which outputs a row of a batch is compared over. Those of `candidates`; but where training has those of the
   * `current` task and answers at test are not limited to them, all outputs seen in a batch of several tasks: else
   * the outputs of two tasks would never meet in a loss, and rehearsal could not teach to tell them apart.
   * @param task which the row is of
   * @param now the task that is trained on
   * @param mixed whether the batch has rows of another task
   * @returns `[outputs]`
   */
  rowCandidates(task: number, now: number, mixed: boolean): Float32Array;
}

/**
 * The protocol of a stream. Methods are given masks and no way to lift them.
 * @param together whether tasks are trained on together, as joint training does. Where answers at test
 *   are not limited to the example's own task, `current` then means all seen so far: outputs that
 *   never met in training could not be told apart.
 */
export function protocolOf(stream: TaskStream, together = false): Protocol {
  const { scenario, outputs, inputShape, tasks } = stream;
  const [first] = tasks;
  if (!first) throw new UserError(`The scenario ${scenario.name} has no tasks.`);
  const masks = new Map<string, Float32Array>();
  const make = (rule: Candidates, task: number, seen: number): Float32Array => {
    const mask = new Float32Array(outputs);
    if (rule === 'all') return mask.fill(1);
    const answerable = tasks.filter(({ index }) => (rule === 'seen' ? index <= seen : index === task));
    for (const { outputs: indices } of answerable) for (const index of indices) mask[index] = 1;
    return mask;
  };
  const maskOf = (rule: Candidates, task: number, seen: number): Float32Array => {
    const key = `${rule} ${rule === 'current' ? task : seen}`;
    const known = masks.get(key) ?? make(rule, task, seen);
    masks.set(key, known);
    return known;
  };
  const { train, test } = scenario.candidates;
  const neverMeet = train === 'current' && test !== 'current';
  return {
    kind: scenario.kind,
    outputs,
    tasks: tasks.length,
    scenarioTasks: stream.wholeLength ?? tasks.length,
    inputShape,
    inputs: { shape: first.train.shape, encoding: first.train.encoding },
    taskIdentity: scenario.taskIdentity,
    candidates(phase, task, seen) {
      const meets = together && phase === 'train' && neverMeet;
      return maskOf(meets ? 'seen' : scenario.candidates[phase], task, seen);
    },
    rowCandidates(task, now, mixed) {
      return maskOf(neverMeet && (together || mixed) ? 'seen' : train, task, now);
    },
  };
}
