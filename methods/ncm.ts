import { div, matMul, norm, type Tensor } from '@tensorflow/tfjs-core';
import { float32, zeros } from '../harness/engine/tensor.ts';
import { featuresOf } from '../harness/train/features.ts';
import { defineMethod } from '../harness/train/method.ts';

/**
 * Nearest class mean on frozen features. Nothing is trained; after a task, the mean μ_c of the features f(x) of each of its
 * classes is kept, and an example is given the class whose mean has the smallest angle to its features:
 *
 *     argmax over c of  f(x)·μ_c / (‖f(x)‖ ‖μ_c‖)
 *
 * What a pretrained backbone is worth without any learning: a method that adapts it should do better (Janson et al. 2022;
 * the cosine as in RanPAC's baseline, McDonnell et al. 2023).
 */
export default defineMethod({
  name: 'ncm',
  version: 1,
  title: 'Nearest class mean',
  summary: 'Trains nothing; answers with the class whose mean feature is nearest.',
  paper: {
    title: 'A Simple Baseline that Questions the Use of Pretrained-Models in Continual Learning',
    authors: 'Janson, Zhang, Aljundi, Elhoseiny',
    year: 2022,
    url: 'https://arxiv.org/abs/2210.04428',
  },
  settings: {},
  search: { 'training.learningRate': [] },

  prepare(learner) {
    learner.trainable.clear();
    const width = learner.backbone.layers.at(-1)?.inputs ?? 0;
    learner.kept.means = zeros([learner.protocol.outputs, width]);
  },

  trainingTasks: () => [],

  async endTask(learner, task) {
    const features = await featuresOf(learner, task);
    const means = learner.kept.means as typeof features;
    const [, width] = means.shape as [number, number];
    const updated = new Float64Array(means.data);
    for (const label of new Set(task.train.labels)) updated.fill(0, label * width, (label + 1) * width);
    const counts = new Map<number, number>();
    for (const label of task.train.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    task.train.labels.forEach((label, row) => {
      for (let at = 0; at < width; at++) {
        const share = (features.data[row * width + at] as number) / (counts.get(label) as number);
        updated[label * width + at] = (updated[label * width + at] as number) + share;
      }
    });
    learner.kept.means = float32(Float32Array.from(updated), means.shape);
  },

  predict: ({ features }, _batch, { kept }) =>
    matMul(unit(features), unit(kept.means as Tensor), false, true),
});

/** Each row at length 1; rows of zeros stay. `[rows, width]` */
function unit(rows: Tensor): Tensor {
  return div(rows, norm(rows, 2, -1, true).add(1e-12));
}
