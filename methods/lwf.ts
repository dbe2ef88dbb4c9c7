import {
  add,
  div,
  logSoftmax,
  mul,
  neg,
  type Scalar,
  slice,
  softmax,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { copyOf, float32 } from '../harness/engine/tensor.ts';
import { maskLogits, weightedMean } from '../harness/nn/losses.ts';
import type { ScenarioKind } from '../harness/stream/scenario.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import type { Protocol } from '../harness/train/protocol.ts';

interface Settings {
  readonly weighting: 'by-scenario' | 'by-share' | 'alpha';
  readonly alpha: number;
  readonly temperature: number;
  readonly temperatureSquared: boolean;
}

/**
 * Learning without forgetting (Li & Hoiem 2016, equations 1 to 3). The model as it was after the last task, the teacher,
 * answers for the current inputs, too; its soft answers q are learned beside the labels.
 *
 *     L(θ) = w · CE(current) + v · D,   D = Σ_heads mean over x of −Σ_o q_o(x; θ*) log p_o(x; θ)
 *     q, p soft-max of logits / T;  T² as a further factor of D with `temperatureSquared`
 *
 * A head is a set of outputs that past tasks answered with. Where tasks have outputs of their own there is one for each
 * past task; else there is one: all outputs, or for the teacher those seen before and for the student those seen by now.
 * In task k:
 *
 * | `weighting` | | w | v |
 * | --- | --- | --- | --- |
 * | `by-scenario` | van de Ven, Tuytelaars & Tolias 2022 | 1 | 1, domain-incremental k − 1 |
 * | `by-share` | van de Ven & Tolias 2018, 2019, with `temperatureSquared` | 1/k | (1 − 1/k) / number of heads |
 * | `alpha` | Li & Hoiem 2016 (λ_o) | 1 | α |
 */
export default defineMethod<Settings>({
  name: 'lwf',
  version: 1,
  title: 'Learning without forgetting',
  summary: 'Distils the model as it was after the last task, on the current inputs.',
  paper: {
    title: 'Learning without Forgetting',
    authors: 'Li, Hoiem',
    year: 2016,
    url: 'https://arxiv.org/abs/1606.09282',
  },
  settings: {
    weighting: {
      type: 'string',
      enum: ['by-scenario', 'by-share', 'alpha'],
      default: 'alpha',
      description: 'How current loss and distillation are weighted against each other.',
    },
    alpha: {
      type: 'number',
      default: 1,
      minimum: 0,
      description: 'α of the weighting of that name.',
    },
    temperature: {
      type: 'number',
      default: 2,
      exclusiveMinimum: 0,
      description: 'T, by which logits are divided before the soft-max.',
    },
    temperatureSquared: {
      type: 'boolean',
      default: false,
      description: 'Whether the distillation is multiplied by T².',
    },
  },

  search: { alpha: [0.1, 0.3, 1, 3, 10] },

  beginTask({ kept, trainable, protocol, settings }, task) {
    if (![...trainable].some((name) => `teacher.${name}` in kept)) return;
    const heads = distilledHeads(protocol, task.index);
    const shape = [heads.length, protocol.outputs];
    kept['heads.teacher'] = float32(Float32Array.from(heads.flatMap(({ teacher }) => [...teacher])), shape);
    kept['heads.student'] = float32(Float32Array.from(heads.flatMap(({ student }) => [...student])), shape);
    kept.weights = float32(lossWeights(settings, protocol.kind, task.index, heads.length), [2]);
  },

  loss(outputs, batch, scope) {
    const { kept, parameters, settings } = scope;
    const current = classificationLoss(outputs, batch);
    const { weights, 'heads.teacher': teacherHeads, 'heads.student': studentHeads } = kept;
    if (!weights || !teacherHeads || !studentHeads) return current;
    const copied = Object.keys(parameters).flatMap((name) => {
      const teacher = kept[`teacher.${name}`];
      return teacher ? [[name, teacher] as const] : [];
    });
    const teacher = scope.forward(batch, Object.fromEntries(copied));
    const answers = { teacher: teacher.rawLogits, student: outputs.rawLogits };
    const heads = { teacher: rowsOf(teacherHeads), student: rowsOf(studentHeads) };
    const distilled = weightedMean(distillation(answers, heads, settings.temperature), batch.weights);
    const [forCurrent, forDistilled] = [slice(weights, [0], [1]), slice(weights, [1], [1])];
    return sum(add(mul(current, forCurrent), mul(distilled, forDistilled))) as Scalar;
  },

  endTask(learner) {
    for (const name of ['heads.teacher', 'heads.student', 'weights']) delete learner.kept[name];
    for (const name of learner.trainable) learner.kept[`teacher.${name}`] = copyOf(learner.parameter(name));
  },
});

/** The outputs that are distilled together, 1 or 0 each; `[outputs]`. */
export interface Head {
  readonly teacher: Float32Array;
  readonly student: Float32Array;
}

/** The heads that a task's training distils. @param task from 2 */
export function distilledHeads(protocol: Pick<Protocol, 'candidates'>, task: number): Head[] {
  const heads = new Map<string, Head>();
  for (let past = 1; past < task; past++) {
    const teacher = protocol.candidates('train', past, task - 1);
    const student = protocol.candidates('train', past, task);
    heads.set(`${teacher.join('')} ${student.join('')}`, { teacher, student });
  }
  return [...heads.values()];
}

/**
 * What the current loss and the sum of D over the heads are multiplied with.
 * @param task from 1
 */
export function lossWeights(
  { weighting, alpha, temperature, temperatureSquared }: Settings,
  kind: ScenarioKind,
  task: number,
  heads: number,
): [current: number, distilled: number] {
  const scale = temperatureSquared ? temperature ** 2 : 1;
  if (weighting === 'alpha') return [1, alpha * scale];
  if (weighting === 'by-share') return [1 / task, ((1 - 1 / task) / heads) * scale];
  return [1, (kind === 'domain-incremental' ? task - 1 : 1) * scale];
}

/** `Σ_heads −Σ_o q_o log p_o` for each row, `[rows]`. */
function distillation(
  answers: { readonly teacher: Tensor; readonly student: Tensor },
  heads: { readonly teacher: readonly Tensor[]; readonly student: readonly Tensor[] },
  temperature: number,
): Tensor {
  return heads.teacher
    .map((teacherHead, index) => {
      const q = softmax(maskLogits(div(answers.teacher, temperature), teacherHead));
      const cooled = maskLogits(div(answers.student, temperature), heads.student[index] as Tensor);
      return neg(sum(mul(q, logSoftmax(cooled, -1)), -1));
    })
    .reduce((total, head) => add(total, head));
}

/** The rows of a matrix, `[1, width]` each. */
function rowsOf(matrix: Tensor): Tensor[] {
  const [rows, width] = matrix.shape as [number, number];
  return Array.from({ length: rows }, (_, row) => slice(matrix, [row, 0], [1, width]));
}
