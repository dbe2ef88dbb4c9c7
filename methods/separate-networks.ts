import { add, cast, equal, mul, reshape, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../harness/engine/program.ts';
import { copyOf } from '../harness/engine/tensor.ts';
import { defineMethod } from '../harness/train/method.ts';

/**
 * A network of its own for each task, chosen by the task that the example is said to be of: nothing is shared, so nothing
 * is forgotten, and nothing is carried over either (a reference in van de Ven, Tuytelaars & Tolias 2022).
 *
 *     f(x, t) = f(x; θ_t),   θ_t trained from fresh weights by a fresh optimiser on task t alone
 *
 * All networks have the backbone of the run; comparisons at equal size make it smaller (`--set backbone.hidden=[100,100]`
 * in the paper, against 400 units a layer). The latest network has the backbone's own names, those before it are
 * `networks.<task>.<parameter>`. A task that was not trained on yet is answered by the latest.
 */
export default defineMethod({
  name: 'separate-networks',
  version: 1,
  title: 'Separate networks',
  summary: 'Trains a network of its own for each task.',
  paper: {
    title: 'Three types of incremental learning',
    authors: 'van de Ven, Tuytelaars, Tolias',
    year: 2022,
    url: 'https://doi.org/10.1038/s42256-022-00568-3',
  },
  kinds: ['task-incremental'],
  needs: { taskIdentityAtTest: true },
  settings: {},

  beginTask(learner, task) {
    if (task.index === 1) return;
    const fresh = learner.backbone.initialise(learner.random('initialWeights', 'network', task.index));
    for (const [name, tensor] of Object.entries(fresh)) {
      learner.setParameter(networkPrefix(task.index - 1) + name, copyOf(learner.parameter(name)));
      learner.setParameter(name, tensor);
    }
    learner.forgetMoments();
  },

  predict(outputs, batch, { parameters, forward }) {
    const { tasks } = batch;
    if (!tasks) return outputs.rawLogits;
    const rows = tasks.shape[0] as number;
    const names = Object.keys(parameters).filter((name) => !name.startsWith('networks.'));
    let logits: Tensor = outputs.rawLogits;
    for (let task = 1; parameters[`${networkPrefix(task)}${names[0]}`]; task++) {
      const own = Object.fromEntries(
        names.map((name) => [name, parameters[networkPrefix(task) + name]]),
      ) as Tensors;
      const chosen = reshape(cast(equal(tasks, task), 'float32'), [rows, 1]);
      logits = add(mul(logits, sub(1, chosen)), mul(forward(batch, own).rawLogits, chosen));
    }
    return logits;
  },
});

function networkPrefix(task: number): string {
  return `networks.${task}.`;
}
