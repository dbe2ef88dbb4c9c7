import { openBackbone } from '../backbones/open-backbone.ts';
import { openEngine } from '../engine/open-engine.ts';
import type { Engine } from '../engine/program.ts';
import { messageOf } from '../errors.ts';
import { RunDirectory } from '../record/run-directory.ts';
import type { RunDefinition } from '../record/run-record.ts';
import { loadScenario, scenarioDigest, scenarioDirectory } from '../stream/load-scenario.ts';
import { openStream } from '../stream/open-stream.ts';
import type { Scenario } from '../stream/scenario.ts';
import type { TaskStream } from '../stream/stream.ts';
import { packageVersion } from '../version.ts';
import type { CellEvent, CellSpec } from './cell.ts';
import { checkCompatibility } from './compatibility.ts';
import { Learner } from './learner.ts';
import { type LoadedMethod, loadMethod } from './methods.ts';
import { protocolOf } from './protocol.ts';
import { Run } from './run.ts';
import { resolveSettings } from './settings.ts';

/**
 * Runs one cell to its end, or finds it finished. A run that was cut off goes on from its last finished task.
 * @param report hears what happens, the end included
 * @throws whatever ended the run; what was finished stays on disk
 */
export async function runCell(cell: CellSpec, report: (event: CellEvent) => void): Promise<void> {
  const loaded = await loadMethod(cell.method);
  const base = await loadScenario(cell.scenario);
  const { scenario, settings } = resolveSettings(base, loaded.method, cell.overrides);
  checkCompatibility(loaded.method, scenario);
  const stream = await openStream(scenario, {
    classOrderSeed: cell.seeds.classOrder,
    dataDirectory: cell.dataDirectory,
    baseDirectory: scenarioDirectory(cell.scenario),
  });
  const engine = await openEngine({ name: cell.engine, device: cell.device, threads: cell.threads });
  try {
    const definition = definitionOf(cell, base, scenario, settings, stream, loaded, engine);
    await runDefined(definition, cell, loaded, stream, engine, report);
  } finally {
    await engine.dispose();
    stream.close?.();
  }
}

async function runDefined(
  definition: RunDefinition,
  cell: CellSpec,
  { method }: LoadedMethod,
  stream: TaskStream,
  engine: Engine,
  report: (event: CellEvent) => void,
): Promise<void> {
  const tasks = stream.tasks.map(({ index, name }) => ({ index, name }));
  const directory = RunDirectory.open(cell.resultsDirectory, {
    definition,
    order: stream.order,
    tasks,
    usesPastData: method.needs?.pastData === true,
  });
  try {
    if (!directory.finished) {
      const learner = new Learner({
        method,
        settings: definition.method.settings,
        backbone: openBackbone(definition.backbone, stream.inputShape, stream.outputs),
        engine,
        protocol: protocolOf(stream),
        seeds: cell.seeds,
        log: (event) => directory.addEvent(event),
      });
      const run = new Run({ learner, engine, stream, directory, definition, report });
      await run.toTheEnd().catch((thrown: unknown) => {
        directory.fail(messageOf(thrown));
        throw thrown;
      });
      report({ kind: 'finished', id: directory.id, directory: directory.path, cached: false });
    } else {
      report({ kind: 'finished', id: directory.id, directory: directory.path, cached: true });
    }
  } finally {
    directory.close();
  }
}

function definitionOf(
  cell: CellSpec,
  base: Scenario,
  scenario: Scenario,
  settings: Record<string, unknown>,
  stream: TaskStream,
  { method, digest }: LoadedMethod,
  engine: Engine,
): RunDefinition {
  return {
    scenario: { name: base.name, version: base.version, digest: scenarioDigest(base) },
    dataset: stream.dataset,
    method: { name: method.name, version: method.version, digest, settings },
    training: scenario.training,
    backbone: scenario.backbone,
    seeds: cell.seeds,
    measuredOn: cell.measuredOn,
    engine: { name: engine.name, device: engine.device, threads: engine.threads, version: engine.version },
    palimpsest: packageVersion(),
  };
}
