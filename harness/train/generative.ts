import { add, div, mul, reshape, sub, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import { float32, type HostTensor, zeros } from '../engine/tensor.ts';
import { generate, type VaeShape } from '../nn/vae.ts';
import type { Random } from '../random.ts';
import { type Encoding, sizeOf } from '../stream/examples.ts';
import type { SettingSchema } from './method.ts';
import type { Protocol } from './protocol.ts';

/** Settings of a method's autoencoders. */
export interface VaeSettings {
  readonly hidden: readonly number[];
  readonly latent: number;
  /** `by-storage`: `bernoulli` where values are stored as bytes, so that their range is known, else `gaussian`. */
  readonly values: 'by-storage' | 'bernoulli' | 'gaussian';
}

/** Their schemas. */
export function vaeSettings(
  hidden: readonly number[],
  latent: number,
): { readonly [Name in keyof VaeSettings]: SettingSchema } {
  return {
    hidden: {
      type: 'array',
      items: { type: 'integer' },
      default: hidden,
      description: 'Widths of the hidden layers of an encoder; the decoder has them in reverse.',
    },
    latent: { type: 'integer', default: latent, minimum: 1, description: 'Dimensions of z.' },
    values: {
      type: 'string',
      enum: ['by-storage', 'bernoulli', 'gaussian'],
      default: 'by-storage',
      description:
        'p(x|z): shares of a value’s range, normals of variance 1, or the former for bytes and the latter for other numbers.',
    },
  };
}

/** An autoencoder of a scenario's inputs, and how its values relate to them. */
export interface InputModel {
  readonly shape: VaeShape;
  /** What the autoencoder is about, `[rows, inputs]`. @param inputs `[rows, …input shape]`, as a batch has them */
  read(inputs: Tensor): Tensor;
  /**
   * Made-up inputs, `[rows, …input shape]`.
   * @param z `[rows, latent]`
   * @param parameters by the names of `initialiseVae`
   * @param gates of the decoder's hidden layers, if it has any
   */
  generate(z: Tensor, parameters: Tensors, gates?: readonly Tensor[]): Tensor;
}

/**
 * The autoencoder that the settings describe. Where its values are shares, the darkest byte is 0 and the brightest 1,
 * however the scenario normalises; numbers that are not stored as bytes are taken as they are.
 */
export function inputModel(
  { inputShape, inputs: { encoding } }: Pick<Protocol, 'inputShape' | 'inputs'>,
  { hidden, latent, values: wanted }: VaeSettings,
): InputModel {
  const inputs = sizeOf(inputShape);
  const bytes = encoding.storage === 'uint8';
  const byStorage = bytes ? 'bernoulli' : 'gaussian';
  const values = wanted === 'by-storage' ? byStorage : wanted;
  const shape: VaeShape = { inputs, hidden, latent, values };
  const scales = values === 'bernoulli' && bytes && !isUnit(encoding);
  const range = (): Tensor => perInput(encoding.scale, inputs, 255);
  const darkest = (): Tensor => perInput(encoding.offset, inputs, 1);
  return {
    shape,
    read(given) {
      const flat = reshape(given, [-1, inputs]);
      return scales ? div(sub(flat, darkest()), range()) : flat;
    },
    generate(z, parameters, gates) {
      const made = generate(shape, z, parameters, gates);
      const scaled = scales ? add(mul(made, range()), darkest()) : made;
      return reshape(scaled, [-1, ...inputShape]);
    },
  };
}

/** Whether bytes become shares of [0, 1] already. */
function isUnit({ scale, offset }: Encoding): boolean {
  return scale.every((value) => Math.fround(value * 255) === 1) && offset.every((value) => value === 0);
}

/** A number for each channel, times a factor, for each input; `[inputs]`. */
function perInput(channels: readonly number[], inputs: number, factor: number): Tensor {
  const pixels = inputs / channels.length;
  return tensor1d(
    Array.from({ length: inputs }, (_, at) => (channels[Math.floor(at / pixels)] as number) * factor),
  );
}

/** Fills a tensor with standard normal numbers. */
export function fillWithNormals({ data }: HostTensor, random: Random): void {
  for (let at = 0; at < data.length; at++) data[at] = random.normal();
}

/** Standard normal numbers. */
export function normals(shape: readonly number[], random: Random): HostTensor {
  const tensor = zeros(shape);
  fillWithNormals(tensor, random);
  return tensor;
}

/** A row of zeros with a 1 at a place, `[1, length]`. */
export function choice(at: number, length: number): HostTensor {
  const data = new Float32Array(length);
  data[at] = 1;
  return float32(data, [1, length]);
}

/** Fills each row of a matrix with zeros and a 1 at one of the given places, drawn anew for each. */
export function fillWithChoices(
  { data, shape }: HostTensor,
  places: readonly number[],
  random: Random,
): void {
  const [rows, columns] = shape as [number, number];
  data.fill(0);
  for (let row = 0; row < rows; row++) {
    data[row * columns + (places[random.integer(places.length)] as number)] = 1;
  }
}

/** The tensors whose names begin with a prefix, by the rest of their names. */
export function partOf<T>(tensors: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}
