import { existsSync, readFileSync } from 'node:fs';
import type { HostTensors } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { replaceFile, withFileErrors } from '../record/files.ts';
import type { RunCost } from '../record/run-record.ts';
import { decodeSafetensors, encodeSafetensors, type FileTensor } from '../safetensors.ts';
import type { Learner } from './learner.ts';

/** What a run has to remember beside the learner. */
export interface Progress {
  readonly tasksDone: number;
  /** Cost so far; wall times add up over interruptions. */
  readonly cost: RunCost;
}

/** What groups of tensors a checkpoint has, each under its own prefix. */
const groups = ['model', 'moments', 'kept'] as const;

/** Writes the learner and how far it is; the file is replaced whole. */
export function saveCheckpoint<Settings>(path: string, learner: Learner<Settings>, progress: Progress): void {
  const tensors: Record<string, FileTensor> = {
    ...grouped('model', learner.parameters),
    ...grouped('moments', learner.moments),
    ...grouped('kept', learner.kept),
    ...learner.memory?.toTensors(),
  };
  const metadata = {
    format: 'palimpsest-checkpoint-1',
    progress: JSON.stringify(progress),
    step: String(learner.step),
    trainable: JSON.stringify([...learner.trainable]),
  };
  replaceFile(path, encodeSafetensors({ tensors, metadata }));
}

/**
 * Puts the learner back to where it was saved.
 * @returns undefined where there is no checkpoint
 * @throws UserError when the file is not a whole checkpoint
 */
export function loadCheckpoint<Settings>(path: string, learner: Learner<Settings>): Progress | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = withFileErrors(`read ${path}`, () => readFileSync(path));
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  if (metadata.format !== 'palimpsest-checkpoint-1') {
    throw new UserError(`${path} is not a checkpoint of this program. Delete it to start the run again.`);
  }
  const [model, moments, kept] = groups.map((group) => ungrouped(group, tensors)) as [HostTensors, HostTensors, HostTensors];
  learner.parameters = model;
  learner.moments = moments;
  learner.kept = kept;
  learner.step = Number(metadata.step);
  learner.trainable.clear();
  for (const name of JSON.parse(metadata.trainable ?? '[]') as string[]) learner.trainable.add(name);
  learner.memory?.restore(tensors);
  return JSON.parse(metadata.progress ?? 'null') as Progress;
}

function grouped(group: string, tensors: HostTensors): Record<string, FileTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, tensor]));
}

function ungrouped(group: string, tensors: Readonly<Record<string, FileTensor>>): HostTensors {
  const found: HostTensors = {};
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (!name.startsWith(`${group}/`) || data instanceof Uint8Array) continue;
    found[name.slice(group.length + 1)] = { shape, data, dtype: data instanceof Float32Array ? 'float32' : 'int32' };
  }
  return found;
}
