import { grads, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, int32 } from '../../harness/engine/tensor.ts';
import { crossEntropyPerExample, maskLogits, weightedMean } from '../../harness/nn/losses.ts';
import { engineNames, listOf } from '../engine/support.ts';
import { at, crossEntropy, distance, finiteDifferences, rowsOf, softmax } from './float64.ts';
import { runOnce } from './run.ts';

const logits = float32([2, -1, 0.5, 0, 0, 0, -3, 4, 9], [3, 3]);
const labels = int32([0, 2, 1], [3]);

describe.each(engineNames)('on %s', (engineName) => {
  it('cross-entropy is −log softmax at the label', async () => {
    const { loss } = await runOnce(engineName, { logits, labels }, (given) => ({
      loss: crossEntropyPerExample(given('logits'), given('labels')),
    }));
    const expected = rowsOf(logits.data, 3).map((row, index) => crossEntropy(row, at(labels.data, index)));
    expect(distance(listOf(loss), expected)).toBeLessThan(1e-6);
  });

  it('the gradient of the weighted mean is that of finite differences', async () => {
    const weights = float32([1, 0, 2], [3]);
    const { gradient } = await runOnce(engineName, { logits, labels, weights }, (given) => {
      const loss = (x: Tensor): Tensor =>
        weightedMean(crossEntropyPerExample(x, given('labels')), given('weights'));
      const [slope] = grads(loss)([given('logits')]);
      return { gradient: slope as Tensor };
    });
    const loss = (values: readonly number[]): number => {
      const losses = rowsOf(values, 3).map((row, index) => crossEntropy(row, at(labels.data, index)));
      return (at(losses, 0) + 2 * at(losses, 2)) / 3;
    };
    expect(distance(listOf(gradient), finiteDifferences(loss, [...logits.data]))).toBeLessThan(1e-6);
  });

  it("an example's loss does not depend on the others in its batch", async () => {
    const lossOf = async (rows: number[]): Promise<number> => {
      const inputs = {
        logits: float32(rows, [rows.length / 2, 2]),
        labels: int32(Array(rows.length / 2).fill(1), [rows.length / 2]),
      };
      const { loss } = await runOnce(engineName, inputs, (given) => ({
        loss: crossEntropyPerExample(given('logits'), given('labels')),
      }));
      return at(listOf(loss), 0);
    };
    const alone = await lossOf([-200, -199]);
    expect(alone).toBeCloseTo(crossEntropy([-200, -199], 1), 4);
    for (const other of [
      [0, 0],
      [500, -500],
      [1e9, -1e9],
    ])
      expect(await lossOf([-200, -199, ...other])).toBe(alone);
  });

  it('what is not a candidate has probability 0 and no gradient', async () => {
    const candidates = float32([1, 0, 1, 0, 1, 1, 1, 1, 0], [3, 3]);
    const inputs = { logits, candidates, labels: int32([0, 2, 1], [3]) };
    const { losses, gradient } = await runOnce(engineName, inputs, (given) => {
      const masked = (x: Tensor): Tensor =>
        crossEntropyPerExample(maskLogits(x, given('candidates')), given('labels'));
      const [slope] = grads((x: Tensor) => masked(x).sum())([given('logits')]);
      return { losses: masked(given('logits')), gradient: slope as Tensor };
    });
    const expected = [crossEntropy([2, 0.5], 0), crossEntropy([0, 0], 1), crossEntropy([-3, 4], 1)];
    expect(distance(listOf(losses), expected)).toBeLessThan(1e-6);
    const [a, c] = softmax([2, 0.5]);
    const [d, e] = softmax([-3, 4]);
    const slopes = [(a ?? 0) - 1, 0, c ?? 0, 0, 0.5, -0.5, d ?? 0, (e ?? 0) - 1, 0];
    expect(distance(listOf(gradient), slopes)).toBeLessThan(1e-6);
  });

  it('a label that is not a candidate costs much but is finite', async () => {
    const inputs = {
      logits: float32([1, 2], [1, 2]),
      candidates: float32([1, 0], [1, 2]),
      labels: int32([1], [1]),
    };
    const { loss } = await runOnce(engineName, inputs, (given) => ({
      loss: crossEntropyPerExample(maskLogits(given('logits'), given('candidates')), given('labels')),
    }));
    expect(at(listOf(loss), 0)).toBeCloseTo(1e9, -3);
  });
});
