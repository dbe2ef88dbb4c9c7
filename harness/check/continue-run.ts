/** A process of its own that continues a rehearsal: `continue-run.ts <method's file> <spec as JSON>`. */
import { messageOf } from '../errors.ts';
import { loadMethod } from '../train/registry/methods.ts';
import { type RehearsalSpec, withRehearsal } from './rehearsal.ts';

const [, , methodFile = '', spec = ''] = process.argv;
process.exitCode = await withRehearsal(
  await loadMethod(methodFile),
  JSON.parse(spec) as RehearsalSpec,
  ({ error }) => {
    if (error === undefined) return 0;
    console.error(messageOf(error));
    return 1;
  },
);
// The channel to the parent would keep the process.
process.disconnect?.();
