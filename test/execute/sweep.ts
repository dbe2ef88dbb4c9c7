/** A program to press Ctrl-C on: runs the fake cells named by its arguments and prints the result. */
import { fileURLToPath } from 'node:url';
import { runCells } from '../../harness/execute/run-cells.ts';
import { specOf } from './specs.ts';

const [log = '', ...methods] = process.argv.slice(2);
const result = await runCells(
  methods.map((method) => specOf(method, { log })),
  {
    jobs: 2,
    cellModule: fileURLToPath(new URL('./fake-cell.ts', import.meta.url)),
    onEvent: (index, event) => console.log(`${index} ${event.kind}`),
    onInterrupt: () => console.log('interrupted'),
  },
);
console.log(JSON.stringify(result));
