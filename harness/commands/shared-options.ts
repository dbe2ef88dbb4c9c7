import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { addSetting, parsePositive, parseSeeds } from './options.ts';

/** `--engine`. */
export const engineOption = () =>
  new Option('--engine <name>', 'what computes')
    .choices(['auto', 'onnx', 'tensorflow', 'wasm', 'cpu'])
    .default('auto');

/** `--device`. */
export const deviceOption = () =>
  new Option('--device <name>', 'where it computes').choices(['cpu', 'cuda', 'webgpu']).default('cpu');

/** `--jobs`; as many as there are cores when left out. */
export const jobsOption = () =>
  new Option('-j, --jobs <number>', 'runs at a time')
    .argParser(parsePositive)
    .default(availableParallelism());

/** `--threads`; 1 when left out, since runs side by side use cores better than threads do. */
export const threadsOption = (description = 'threads of each run') =>
  new Option('--threads <number>', description).argParser(parsePositive).default(1);

/** `--seeds`, a count, a list or a range. @param seeds what holds when left out @param shown how help writes that */
export const seedsOption = (seeds: readonly number[], shown: string, description?: string) =>
  new Option(
    '-s, --seeds <seeds>',
    description ?? 'how many (5), which (1,2,7), or from which to which (3-7)',
  )
    .argParser(parseSeeds)
    .default(seeds, shown);

/** `--set`, which may be repeated. */
export const setOption = (description: string) =>
  new Option('--set <key=value>', description).argParser(addSetting);

/** `--metric`, ids of metrics; the usual ones when left out. */
export const metricOption = (description = 'the metrics of the table, instead of the usual ones') =>
  new Option('--metric <ids...>', description);

/** `--measure-on`. */
export const measureOnOption = (description: string) =>
  new Option('--measure-on <examples>', description).choices(['test', 'validation']).default('test');
