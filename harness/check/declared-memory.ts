import type { FileTensor } from '../safetensors.ts';
import { remainsOf, type SavedMoment } from './rehearsal.ts';
import { failed, type Outcome, passed } from './result.ts';

/**
 * Holds the bytes that the cost columns would show against those that the checkpoint holds beside the model and its
 * optimiser, and looks for what is kept where neither would see it.
 */
export function memoryOutcome({ learner, learnerKeys, directory, tasksDone }: SavedMoment): Outcome {
  const hidden = Reflect.ownKeys(learner).filter((key) => !learnerKeys.has(key));
  if (hidden.length > 0) {
    return failed(
      `After task ${tasksDone} the learner has properties of the method's own: ${hidden.map(String).join(', ')}. ` +
        'They are not counted and not in checkpoints; use learner.kept or learner.memory.',
    );
  }
  const [declared, kept] = [learner.keptBytes, keptIn(remainsOf(directory).tensors)];
  if (declared === kept) return passed;
  return failed(
    `After task ${tasksDone} the learner declares ${declared} bytes kept, but the checkpoint holds ${kept} bytes of ` +
      'tensors and examples beside the model.',
  );
}

/** Bytes of kept tensors and of the examples held. A memory has room for more; only what it holds counts. */
function keptIn(tensors: Readonly<Record<string, FileTensor>>): number {
  const [held = 0] = tensors['memory.counts']?.data ?? [];
  return Object.entries(tensors).reduce((total, [name, { shape, data }]) => {
    if (name.startsWith('parameters/') || name.startsWith('moments/') || name === 'memory.counts')
      return total;
    const capacity = shape[0] ?? 0;
    const share = name.startsWith('memory.') && capacity > 0 ? held / capacity : 1;
    return total + data.byteLength * share;
  }, 0);
}
