import { grads, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensors, int32 } from '../../harness/engine/tensor.ts';
import { contrastiveLoss } from '../../harness/nn/contrastive-loss.ts';
import { Random } from '../../harness/random.ts';
import { at, crossEntropy, distance, finiteDifferences, rowsOf, softmax, sum } from './float64.ts';
import { runOnce } from './run.ts';

interface Case {
  readonly images: readonly number[];
  readonly texts: readonly number[];
  readonly labels: readonly number[];
  readonly width: number;
  readonly scale: number;
  readonly seen: number;
}

/** Features and labels of so many images and classes. */
function madeUp(images: number, classes: number, width: number, scale: number, seen: number): Case {
  const random = new Random(images + 10 * classes, 'contrastive');
  const features = (rows: number): number[] => Array.from({ length: rows * width }, () => random.normal());
  return {
    images: features(images),
    texts: features(classes),
    labels: Array.from({ length: images }, () => random.integer(classes)),
    width,
    scale,
    seen,
  };
}

async function computed({ images, texts, labels, width, scale, seen }: Case): Promise<HostTensors> {
  const given = {
    images: float32(images, [images.length / width, width]),
    texts: float32(texts, [texts.length / width, width]),
    labels: int32([...labels], [labels.length]),
  };
  return runOnce('onnx', given, (of) => {
    const parts = (left: Tensor, right: Tensor): ReturnType<typeof contrastiveLoss> =>
      contrastiveLoss({ images: left, texts: right, labels: of('labels'), scale, seen });
    const lossOf = (left: Tensor, right: Tensor): Scalar => parts(left, right).loss;
    const [byImages, byTexts] = grads(lossOf)([of('images'), of('texts')]) as [Tensor, Tensor];
    return { ...parts(of('images'), of('texts')), byImages, byTexts };
  });
}

/** Both parts by loops, with the seen classes as rows of their own, as the loss is told. */
function reference({ images, texts, labels, width, scale, seen }: Case): { image: number; text: number } {
  const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.hypot(...row));
  const [imageRows, textRows] = [rowsOf(images, width).map(unit), rowsOf(texts, width).map(unit)];
  const logit = (image: number, text: number): number =>
    scale * sum((imageRows[image] ?? []).map((value, index) => value * at(textRows[text] ?? [], index)));
  const imageLosses = labels.map((label, image) =>
    crossEntropy(
      textRows.map((_, text) => logit(image, text)),
      label,
    ),
  );
  const textLosses = textRows.map((_, text) => {
    const probabilities = softmax(imageRows.map((__, image) => logit(image, text)));
    return sum(labels.map((label, image) => (label === text ? -Math.log(at(probabilities, image)) : 0)));
  });
  const ofSeen = Array.from({ length: seen }, () => 0);
  const all = [...ofSeen, ...textLosses];
  return { image: sum(imageLosses) / labels.length, text: sum(all) / all.length };
}

describe('the two-way loss of images and texts', () => {
  it.each([
    ['one task', madeUp(6, 3, 5, 10, 0)],
    ['seen classes', madeUp(7, 4, 3, 20, 5)],
    ['one class', madeUp(4, 1, 6, 100, 2)],
    ['a class without images', { ...madeUp(4, 3, 4, 10, 1), labels: [0, 2, 2, 0] }],
    ['one image', madeUp(1, 3, 4, 10, 0)],
  ])('and its gradients are what loops give: %s', async (_, example) => {
    const found = await computed(example);
    const { image, text } = reference(example);
    expect(found.imageLoss?.data[0]).toBeCloseTo(image, 4);
    expect(found.textLoss?.data[0]).toBeCloseTo(text, 4);
    expect(found.loss?.data[0]).toBeCloseTo(image + text, 4);
    const total = (changes: Partial<Case>): number => {
      const parts = reference({ ...example, ...changes });
      return parts.image + parts.text;
    };
    const byImages = finiteDifferences((images) => total({ images }), example.images);
    const byTexts = finiteDifferences((texts) => total({ texts }), example.texts);
    expect(distance(found.byImages?.data ?? [], byImages)).toBeLessThan(1e-4);
    expect(distance(found.byTexts?.data ?? [], byTexts)).toBeLessThan(1e-4);
  });

  it('does not depend on the length of features', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -8, max: 8 }), async (power) => {
        const example = madeUp(5, 3, 4, 10, 2);
        const longer = example.images.map((value) => value * 2 ** power);
        const [found, right] = [await computed({ ...example, images: longer }), await computed(example)];
        expect(found.loss?.data[0]).toBeCloseTo(right.loss?.data[0] ?? 0, 5);
      }),
      { seed: 1, numRuns: 5 },
    );
  });
});
