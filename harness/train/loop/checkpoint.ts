import { existsSync, readFileSync } from 'node:fs';
import type { HostTensor, HostTensors } from '../../engine/tensor.ts';
import { messageOf, UserError } from '../../errors.ts';
import { replaceFile, withFileErrors } from '../../record/files.ts';
import type { RunCost } from '../../record/run-record.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type FileContents,
  type FileTensor,
} from '../../safetensors.ts';
import type { Learner } from '../learner.ts';

/** What a run has to remember beside the learner. */
export interface Progress {
  readonly tasksDone: number;
  /** Cost so far; wall times add up over interruptions. */
  readonly cost: RunCost;
}

const format = 'palimpsest-checkpoint-1';

/** What groups of tensors a checkpoint has, each under its own prefix. */
const groups = ['parameters', 'moments', 'kept'] as const;

/** What a checkpoint's header says beside the tensors. */
interface Header {
  readonly progress: Progress;
  readonly step: number;
  readonly momentStarts?: Readonly<Record<string, number>>;
  readonly trainable: readonly string[];
  /** Names of each group in the learner's own order: a sum over tensors in another order is rounded otherwise. */
  readonly names: Readonly<Record<(typeof groups)[number], readonly string[]>>;
}

/** Writes the learner and how far it is; the file is replaced whole. */
export function saveCheckpoint<Settings>(path: string, learner: Learner<Settings>, progress: Progress): void {
  const tensors: Record<string, FileTensor> = {
    ...learner.memory?.toTensors(),
  };
  for (const group of groups) {
    for (const [name, tensor] of Object.entries(learner[group])) tensors[`${group}/${name}`] = tensor;
  }
  const names = Object.fromEntries(groups.map((group) => [group, Object.keys(learner[group])]));
  const header = {
    progress,
    step: learner.step,
    momentStarts: learner.momentStarts,
    trainable: [...learner.trainable],
    names,
  };
  replaceFile(
    path,
    encodeSafetensors({
      tensors,
      metadata: { format, header: JSON.stringify(header) },
    }),
  );
}

/**
 * Puts the learner back to where it was saved.
 * @returns undefined where there is no checkpoint
 * @throws UserError when the file is not a whole checkpoint
 */
export function loadCheckpoint<Settings>(path: string, learner: Learner<Settings>): Progress | undefined {
  if (!existsSync(path)) return undefined;
  const { tensors, header } = readCheckpoint(path);
  for (const group of groups) {
    const named = header.names[group].map((name) => [name, hostTensor(tensors[`${group}/${name}`])]);
    learner[group] = Object.fromEntries(named) as HostTensors;
  }
  learner.step = header.step;
  // Checkpoints of earlier versions do not say.
  learner.momentStarts = header.momentStarts ?? {};
  learner.trainable.clear();
  for (const name of header.trainable) learner.trainable.add(name);
  if (learner.memory === undefined && 'memory.counts' in tensors) {
    throw new UserError(
      `The checkpoint has stored examples, but ${learner.method.name} has no memory yet to put them into. ` +
        'Make it in prepare, which is called before a run continues.',
    );
  }
  learner.memory?.restore(tensors);
  return header.progress;
}

/**
 * The tensors of the model in a checkpoint, by name.
 * @throws UserError when the file is missing or not a whole checkpoint
 */
export function checkpointParameters(path: string): HostTensors {
  const { tensors, header } = readCheckpoint(path);
  return Object.fromEntries(
    header.names.parameters.map((name) => [name, hostTensor(tensors[`parameters/${name}`])]),
  );
}

function readCheckpoint(path: string): {
  tensors: Readonly<Record<string, FileTensor>>;
  header: Header;
} {
  if (!existsSync(path)) {
    throw new UserError(`There is no checkpoint ${path}. Delete the folder of the run to make it anew.`);
  }
  const bytes = withFileErrors(`read ${path}`, () => readFileSync(path));
  const cure = `Delete ${path} to start the run again.`;
  let contents: FileContents;
  try {
    contents = decodeSafetensors(bytes, path);
  } catch (thrown) {
    throw new UserError(`The checkpoint is damaged: ${messageOf(thrown)} ${cure}`, { cause: thrown });
  }
  const { tensors, metadata } = contents;
  if (metadata.format !== format || metadata.header === undefined) {
    throw new UserError(`${path} is not a checkpoint of this program. ${cure}`);
  }
  return { tensors, header: JSON.parse(metadata.header) as Header };
}

function hostTensor(tensor: FileTensor | undefined): HostTensor {
  if (!tensor || tensor.data instanceof Uint8Array)
    throw new Error('A checkpoint names a tensor that it does not hold.');
  const { shape, data } = tensor;
  return {
    shape,
    data,
    dtype: data instanceof Float32Array ? 'float32' : 'int32',
  };
}
