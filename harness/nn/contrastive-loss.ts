import {
  add,
  cast,
  div,
  equal,
  logSoftmax,
  matMul,
  mul,
  neg,
  range,
  reshape,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';

/** What the two-way loss of images and texts takes. */
export interface ContrastiveBatch {
  /** Image features, `[images, width]`; of any length, since only directions count. */
  readonly images: Tensor;
  /** Text features of the current task's classes, a row each, `[classes, width]`. */
  readonly texts: Tensor;
  /** Which of these classes each image is of, int32 `[images]`. */
  readonly labels: Tensor;
  /** By how much cosine similarities are multiplied: the inverse of the temperature. */
  readonly scale: number;
  /** How many classes of past tasks stand in the batch's list of texts beside the current ones. */
  readonly seen: number;
}

/** The loss and its two parts, whose sum it is. */
export interface ContrastiveLoss {
  readonly loss: Scalar;
  /** Image to text. */
  readonly imageLoss: Scalar;
  /** Text to image. */
  readonly textLoss: Scalar;
}

/**
 * The two-way loss by which CLIP is tuned task by task (Lu et al., CoDyRA; the release of MoRAM has the same lines). With
 * z = scale · cos(image, text):
 *
 *     image part = mean over images of  − log softmax over the current classes (z)[own class]
 *     text part  = mean over ALL classes, seen ones too, of  − Σ_{images of the class} log softmax over images (z)
 *
 * A seen class takes no part in the soft-max over classes and has no image in the batch: all it does is count in the
 * mean of the text part. So its features are not asked for, only the number of such classes. Unlike CLIP's own loss
 * the text part sums over the images of a class instead of taking their mean, as the code does.
 */
export function contrastiveLoss({ images, texts, labels, scale, seen }: ContrastiveBatch): ContrastiveLoss {
  const [rows] = images.shape as [number];
  const [classes] = texts.shape as [number];
  const logits = cosineLogits(images, texts, scale);
  // Not oneHot, which refuses a task of a single class.
  const own = cast(equal(reshape(labels, [rows, 1]), range(0, classes, 1, 'int32')), 'float32');
  const imageLoss = div(neg(sum(mul(own, logSoftmax(logits, -1)))), rows) as Scalar;
  const byText = logSoftmax(transpose(logits), -1);
  const textLoss = div(neg(sum(mul(transpose(own), byText))), classes + seen) as Scalar;
  return { loss: add(imageLoss, textLoss), imageLoss, textLoss };
}

/**
 * Cosine similarities of images and texts, scaled.
 * @param images `[images, width]`
 * @param texts `[classes, width]`
 * @returns `[images, classes]`
 */
export function cosineLogits(images: Tensor, texts: Tensor, scale: number): Tensor {
  return mul(matMul(normalised(images), normalised(texts), false, true), scale);
}

/** Rows divided by their length. */
function normalised(rows: Tensor): Tensor {
  return div(rows, sqrt(sum(square(rows), -1, true)));
}
