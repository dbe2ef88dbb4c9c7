import { div, matMul, norm, type Tensor } from '@tensorflow/tfjs-core';
import { float32, zeros } from '../harness/engine/tensor.ts';
import { featuresOf } from '../harness/train/features.ts';
import { defineMethod } from '../harness/train/method.ts';

/**
 * Nearest class mean on frozen features. Nothing is trained; the mean μ_c of the features f(x) of all examples of a class so far is
 * kept, whatever tasks they came in, and an example is given the class whose mean has the smallest angle to its features:
 *
 *     argmax over c of  f(x)·μ_c / (‖f(x)‖ ‖μ_c‖)
 *
 * What a pretrained backbone is worth without any learning: a method that adapts it should do better (Janson et al. 2022;
 * the cosine as in RanPAC's baseline, McDonnell et al. 2023).
 */
export default defineMethod({
  name: 'ncm',
  version: 2,
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
    learner.kept.counts = zeros([learner.protocol.outputs]);
  },

  trainingTasks: () => [],

  async endTask(learner, task) {
    const features = await featuresOf(learner, task);
    const { means, counts } = learner.kept as Record<'means' | 'counts', typeof features>;
    const [, width] = means.shape as [number, number];
    const sums = Float64Array.from(
      means.data,
      (mean, at) => mean * (counts.data[Math.floor(at / width)] as number),
    );
    const counted = Float32Array.from(counts.data);
    task.train.labels.forEach((label, row) => {
      counted[label] = (counted[label] as number) + 1;
      for (let at = 0; at < width; at++) {
        const place = label * width + at;
        sums[place] = (sums[place] as number) + (features.data[row * width + at] as number);
      }
    });
    const updated = sums.map((sum, at) => sum / Math.max(1, counted[Math.floor(at / width)] as number));
    learner.kept.means = float32(Float32Array.from(updated), means.shape);
    learner.kept.counts = float32(counted, counts.shape);
  },

  predict: ({ features }, _batch, { kept }) =>
    matMul(unit(features), unit(kept.means as Tensor), false, true),
});

/** Each row at length 1; rows of zeros stay. `[rows, width]` */
function unit(rows: Tensor): Tensor {
  return div(rows, norm(rows, 2, -1, true).add(1e-12));
}
