import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HostTensor, HostTensors } from '../engine/tensor.ts';
import { messageOf, UserError } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors, type FileTensor } from '../safetensors.ts';
import type { Backbone } from './backbone.ts';

/** Tensors of the head are those of the task it was trained on; another task begins with fresh ones. */
const headPrefix = 'head.';

const cure = 'Give the backbone the settings that the weights were trained with.';

/** What the metadata of a file that `palimpsest pretrain` wrote names as its format. */
export const weightsFormat = 'palimpsest-weights-1';

/** Weights of a backbone with the story of their making. */
export interface PretrainedWeights {
  readonly tensors: HostTensors;
  /** Settings of the backbone, seed, command, accuracy and so on, as text. */
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 of the file, hex. */
  readonly digest: string;
}

/** The bytes of a weights file: every tensor but the head's. */
export function encodeWeights(tensors: HostTensors, metadata: Readonly<Record<string, string>>): Buffer {
  const body = Object.entries(tensors).filter(([name]) => !name.startsWith(headPrefix));
  return encodeSafetensors({
    tensors: Object.fromEntries(
      body.map(([name, { shape, data }]): [string, FileTensor] => [name, { shape, data }]),
    ),
    metadata,
  });
}

/** @throws UserError when the file is missing or not a whole safetensors file */
export function readWeights(path: string): PretrainedWeights {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    throw new UserError(
      `The weights ${path} cannot be read (${messageOf(thrown)}). Correct backbone.weights.`,
    );
  }
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  return {
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, floatTensor(name, tensor, path)]),
    ),
    metadata,
    digest: createHash('sha256').update(bytes).digest('hex'),
  };
}

/**
 * The backbone with these weights in it; only the head starts from random numbers.
 * @throws UserError when a tensor is missing or of another shape than the backbone's,
 *   or one that it does not have is in the file
 */
export function withWeights(backbone: Backbone, weights: PretrainedWeights, path: string): Backbone {
  return {
    ...backbone,
    weightsDigest: weights.digest,
    initialise(random) {
      const fresh = backbone.initialise(random);
      refuseSurplus(weights.tensors, fresh, path);
      return Object.fromEntries(
        Object.entries(fresh).map(([name, tensor]) => [
          name,
          name.startsWith(headPrefix) ? tensor : matching(name, tensor, weights.tensors[name], path),
        ]),
      );
    },
  };
}

/** Weights of more layers than the backbone has are those of another network. */
function refuseSurplus(given: HostTensors, own: HostTensors, path: string): void {
  const surplus = Object.keys(given).find((name) => !name.startsWith(headPrefix) && !(name in own));
  if (surplus === undefined) return;
  throw new UserError(
    `${path} does not fit the backbone: it holds ${surplus}, which the backbone lacks. ${cure}`,
  );
}

/**
 * Holds settings to those that the file says its weights were trained with; the number of heads leaves no trace in the
 * tensors' shapes.
 * @throws UserError for the first that differs
 */
export function requireTrainedSettings(
  settings: Readonly<Record<string, unknown>>,
  { metadata }: PretrainedWeights,
  path: string,
): void {
  for (const [name, trained] of Object.entries(settingsIn(metadata))) {
    if (settings[name] === undefined || settings[name] === trained) continue;
    throw new UserError(
      `backbone.${name} is ${JSON.stringify(settings[name])}, but ${path} was trained with ${JSON.stringify(trained)}. ${cure}`,
    );
  }
}

/** Files of other programs may have metadata of their own under the same name. */
function settingsIn({ format, backbone }: PretrainedWeights['metadata']): Record<string, unknown> {
  return format === weightsFormat && backbone !== undefined ? JSON.parse(backbone) : {};
}

function matching(name: string, own: HostTensor, given: HostTensor | undefined, path: string): HostTensor {
  const [wanted, found] = [own.shape.join(' × '), given?.shape.join(' × ')];
  if (given && wanted === found) return { ...given, data: given.data.slice() as Float32Array };
  throw new UserError(
    `${path} does not fit the backbone: ${name} is ${wanted} there, but ${found ?? 'missing'} in the file. ${cure}`,
  );
}

function floatTensor(name: string, { shape, data }: FileTensor, path: string): HostTensor {
  if (data instanceof Float32Array) return { shape, data, dtype: 'float32' };
  throw new UserError(`${path} holds whole numbers as ${name}; weights are 32-bit floats (F32).`);
}
