import {
  add,
  concat,
  div,
  eye,
  matMul,
  max,
  maximum,
  mul,
  reshape,
  slice,
  sqrt,
  sub,
  sum,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';
import { float32, zeros } from '../harness/engine/tensor.ts';
import type { Random } from '../harness/random.ts';
import { gradientProducts } from '../harness/train/example-gradients.ts';
import { ExampleMemory, type ExampleReference } from '../harness/train/example-memory.ts';
import { joinedBatch } from '../harness/train/joined-batch.ts';
import { type Batch, defineMethod, type Scope } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';

interface Settings {
  readonly memory: number;
  readonly replayBatch: number;
  readonly comparisons: number;
}

/** The score of the first examples, when there are none to compare them with. */
const firstScore = 0.1;

/**
 * Gradient-based sample selection, the greedy form (Aljundi et al. 2019, Algorithm 2): experience replay whose memory prefers
 * examples with gradients unlike those of others. Current batch B and draw M' from memory are in one mean,
 *
 *     L(θ) = mean over B ∪ M' of CE(f_θ(x), y)
 *
 * With G the gradients of n stored examples drawn at random, an example's score is `max over G of cos(g, ·) + 1`, in [0, 2], and that
 * of a batch the same of its mean gradient. While there is room, everything is stored, with the score of its batch. Later, the
 * examples of a batch whose score is below 1 may each replace a stored one, drawn with a probability in proportion to its score s:
 * they do with probability `s / (s + own score)`.
 *
 * This is DER's form (Mammoth; replayBatch 10 or 128, comparisons=128). In the paper's code G are gradients of whole draws, not of
 * single examples. Both score behind the step; here gradients are those that the step is taken with, which come for a
 * fraction of the cost. Each example is offered once, in the first pass over its task.
 */
export default defineMethod<Settings>({
  name: 'gss',
  version: 1,
  title: 'GSS-greedy',
  summary: 'Replays stored examples, kept where their gradients are unlike those of others.',
  paper: {
    title: 'Gradient Based Sample Selection for Online Continual Learning',
    authors: 'Aljundi, Lin, Goujaud, Bengio',
    year: 2019,
    url: 'https://arxiv.org/abs/1903.08671',
  },
  settings: {
    memory: { type: 'integer', default: 500, minimum: 1, description: 'Examples that the memory can hold.' },
    replayBatch: {
      type: 'integer',
      default: 128,
      minimum: 1,
      description: 'Examples replayed in each step.',
    },
    comparisons: {
      type: 'integer',
      default: 128,
      minimum: 1,
      description: 'n, stored examples that a batch is compared with.',
    },
  },

  prepare(learner) {
    const { memory } = learner.settings;
    learner.memory = new ExampleMemory(memory, learner.protocol.inputs);
    learner.kept.scores = zeros([memory]);
  },

  beginTask({ scratch, kept }) {
    scratch.set('scores', Float32Array.from(kept.scores?.data ?? []));
  },

  addedRows: 'apart',
  extraRows: ({ settings }) => settings.replayBatch + settings.comparisons,
  extraInputs(learner, _task, rows) {
    const { replayBatch, comparisons } = learner.settings;
    learner.temporary.similarities = zeros([rows + 1]);
    const added: [number] = [replayBatch + comparisons];
    return { drawn: { shape: added, dtype: 'float32' }, compared: { shape: added, dtype: 'float32' } };
  },

  composeBatch(rows, { learner, settings, random, extra }) {
    const { memory, scratch } = learner;
    if (!memory) return;
    const drawn = memory.sample(settings.replayBatch, random);
    const compared = memory.sample(settings.comparisons, random);
    rows.add([...drawn, ...compared]);
    extra.drawn?.data.fill(0).fill(1, 0, drawn.length);
    extra.compared?.data.fill(0).fill(1, drawn.length, drawn.length + compared.length);
    scratch.set('own', rows.own);
  },

  loss(_outputs, batch, { added, extra, forward }) {
    const all = joinedBatch(batch, { ...(added as Batch), weights: extra.drawn as Tensor });
    return classificationLoss(forward(all), all);
  },

  gradients: (gradients, scope) => ({ ...gradients, similarities: similarities(scope) }),

  between: {
    needs: (_learner, { epoch }) => (epoch === 0 ? ['similarities'] : []),
    refresh({ similarities: found }, learner, { iteration }) {
      const { memory, scratch } = learner;
      const own = scratch.get('own') as readonly ExampleReference[];
      const scores = scratch.get('scores') as Float32Array;
      const task = own[0]?.task ?? 0;
      const random = learner.random('memorySampling', 'selection', task, iteration);
      if (memory && found) offer(memory, scores, own, found.data, random);
      return { scores: float32(scores, [scores.length]) };
    },
  },
});

/**
 * Largest cosine of each own row's gradient, and last of the batch's, with those of the rows to compare with; −1 where there are none.
 * @returns `[own rows + 1]`
 */
function similarities(scope: Scope<Settings>): Tensor {
  const { batch, added } = scope as { batch: Batch; added: Batch };
  const own = batch.labels.shape[0] as number;
  const others = added.labels.shape[0] as number;
  const products = gradientProducts(joinedBatch(batch, added), scope);
  const all = own + others;
  const lengths = sqrt(sum(mul(products, eye(all)), 1));
  const withOthers = slice(products, [0, own], [own, others]);
  const share = reshape(div(batch.weights, sum(batch.weights)), [1, own]);
  const mean = matMul(share, withOthers);
  const meanLength = sqrt(matMul(matMul(share, slice(products, [0, 0], [own, own])), transpose(share)));
  const rows = concat([withOthers, mean], 0);
  const rowLengths = concat([reshape(slice(lengths, [0], [own]), [own, 1]), meanLength], 0);
  const otherLengths = reshape(slice(lengths, [own], [others]), [1, others]);
  const cosines = div(rows, maximum(matMul(rowLengths, otherLengths), 1e-8));
  const counted = scope.extra.compared as Tensor;
  return max(add(mul(cosines, counted), sub(counted, 1)), 1);
}

/**
 * Offers the rows of a batch to the memory, one after the other.
 * @param scores of the stored examples by place, `[capacity]`; changed
 * @param found the largest cosine of each row, and of the batch at the end
 */
export function offer(
  memory: ExampleMemory,
  scores: Float32Array,
  rows: readonly ExampleReference[],
  found: ArrayLike<number>,
  random: Random,
): void {
  const scoreOf = (index: number): number => Math.max(0, (found[index] as number) + 1);
  const batchScore = memory.count === 0 ? firstScore : scoreOf(found.length - 1);
  rows.forEach((example, index) => {
    if (memory.count < memory.capacity) {
      scores[memory.count] = batchScore;
      memory.put(memory.count, example);
    } else if (batchScore < 1) {
      const place = drawInProportion(scores, random);
      const score = scores[place] as number;
      const own = scoreOf(index);
      if (random.uniform() * (score + own) >= score) return;
      scores[place] = own;
      memory.put(place, example);
    }
  });
}

/** A place, as often as its score is large; any where all scores are 0. */
function drawInProportion(scores: Float32Array, random: Random): number {
  let left = random.uniform() * scores.reduce((total, score) => total + score, 0);
  const place = scores.findIndex((score) => {
    left -= score;
    return left < 0;
  });
  return place >= 0 ? place : random.integer(scores.length);
}
