import type { CompiledProgram, Engine, Program, ProgramState } from '../engine/program.ts';
import type { HostTensors } from '../engine/tensor.ts';
import type { Watch } from './watch.ts';

/**
 * An engine that shows what it is fed, what it predicts, and what it holds
 * after each call. Results are the engine's own.
 */
export function watchedEngine(engine: Engine, watch: Watch): Engine {
  return {
    name: engine.name,
    device: engine.device,
    threads: engine.threads,
    version: engine.version,
    createState: (tensors) => engine.createState(tensors),
    dispose: () => engine.dispose(),
    async compile(program): Promise<CompiledProgram> {
      const compiled = await engine.compile(program);
      return { run: (feeds, state) => runWatched(compiled, program, watch, feeds, state) };
    },
  };
}

async function runWatched(
  compiled: CompiledProgram,
  { name }: Program,
  watch: Watch,
  feeds: HostTensors,
  state: ProgramState | undefined,
): Promise<HostTensors> {
  watch.fed(name, feeds);
  const outputs = await compiled.run(feeds, state);
  if (outputs.predictions !== undefined) watch.predicted(feeds, outputs.predictions.data);
  if (state !== undefined && watch.phase.kind !== 'measuring') watch.valued(await state.read());
  return outputs;
}
