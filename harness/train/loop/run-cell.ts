import type { Backbone } from '../../backbones/backbone.ts';
import { openBackbone } from '../../backbones/open-backbone.ts';
import { openEngine } from '../../engine/open-engine.ts';
import type { Engine } from '../../engine/program.ts';
import { messageOf, UserError } from '../../errors.ts';
import { RunDirectory } from '../../record/run-directory.ts';
import type { OwnRunDefinition } from '../../record/run-record.ts';
import { definitionOf as datasetDefinitionOf } from '../../stream/dataset-definition.ts';
import { bringsValidation } from '../../stream/dataset-facts.ts';
import { loadScenario, scenarioDigest, scenarioDirectory } from '../../stream/load-scenario.ts';
import { openStream } from '../../stream/open-stream.ts';
import type { Scenario } from '../../stream/scenario.ts';
import type { Task, TaskStream } from '../../stream/stream.ts';
import { packageVersion } from '../../version.ts';
import { Learner } from '../learner.ts';
import type { Method } from '../method.ts';
import { protocolOf } from '../protocol.ts';
import { checkCompatibility } from '../registry/compatibility.ts';
import { type LoadedMethod, loadMethod } from '../registry/methods.ts';
import { type Resolved, resolveSettings } from '../registry/settings.ts';
import type { CellEvent, CellSpec } from './cell.ts';
import { Run } from './run.ts';

/** A cell with everything that it names loaded and opened. */
interface OpenCell {
  readonly cell: CellSpec;
  readonly method: Method;
  readonly definition: OwnRunDefinition;
  readonly backbone: Backbone;
  readonly stream: TaskStream;
  readonly engine: Engine;
}

/**
 * Runs one cell to its end, or finds it finished. A run that was cut off goes on from its last finished task.
 * @param report hears what happens, the end included
 * @throws whatever ended the run; what was finished stays on disk
 */
export async function runCell(cell: CellSpec, report: (event: CellEvent) => void): Promise<void> {
  const loaded = await loadMethod(cell.method);
  const base = await loadScenario(cell.scenario);
  const resolved = resolveSettings(base, loaded.method, cell.overrides);
  const { scenario } = resolved;
  checkCompatibility(loaded.method, scenario);
  const stream = await openStream(scenario, {
    classOrderSeed: cell.seeds.classOrder,
    dataDirectory: cell.dataDirectory,
    baseDirectory: scenarioDirectory(cell.scenario),
  }).then((whole) => firstOf(whole, cell.firstTasks));
  try {
    requireExamples(stream, cell.measuredOn);
    const backbone = openBackbone(scenario.backbone, stream.inputShape, stream.outputs);
    const engine = await openEngine({
      name: cell.engine,
      device: cell.device,
      threads: cell.threads,
    });
    try {
      const definition = {
        ...definitionOf(cell, base, resolved, loaded),
        backbone: {
          ...scenario.backbone,
          ...(backbone.weightsDigest && { weightsDigest: backbone.weightsDigest }),
        },
        dataset: stream.dataset,
        engine: {
          name: engine.name,
          device: engine.device,
          threads: engine.threads,
          version: engine.version,
        },
      };
      await runOpened({ cell, method: loaded.method, definition, backbone, stream, engine }, report);
    } finally {
      await engine.dispose();
    }
  } finally {
    stream.close?.();
  }
}

/**
 * The beginning of a stream; outputs of later tasks stay in the head, as the protocol of the whole stream has them.
 * @throws UserError when the stream has fewer tasks
 */
function firstOf(stream: TaskStream, count = stream.tasks.length): TaskStream {
  const { length } = stream.tasks;
  if (count > length) {
    throw new UserError(`${stream.scenario.name} has ${length} tasks; ask for the first ${length} or fewer.`);
  }
  return { ...stream, tasks: stream.tasks.slice(0, count), wholeLength: length };
}

/** @throws UserError when a task has nothing to be measured on: an accuracy of 0 of 0 would say nothing */
function requireExamples({ scenario, tasks }: TaskStream, measuredOn: CellSpec['measuredOn']): void {
  const empty = tasks.find((task) => task[measuredOn].count === 0);
  if (!empty) return;
  throw new UserError(
    `Task ${empty.index} of ${scenario.name} has no ${measuredOn} examples to measure on. ${cureFor(empty, scenario)}`,
  );
}

/** How a task comes to validation examples; a test set without any is refused where the stream is opened. */
function cureFor({ train, outputs }: Task, { dataset, validation: { fraction } }: Scenario): string {
  if (bringsValidation(datasetDefinitionOf(dataset))) {
    return 'The dataset brings a validation set of its own: add examples of the classes of this task to it.';
  }
  if (fraction > 0) {
    return (
      `Its ${train.count} training examples are of ${outputs.length} classes, and validation.fraction, ${fraction}, rounds to ` +
      'none of each. Raise validation.fraction in the scenario, or add examples.'
    );
  }
  return (
    'Choose settings on a scenario that holds some back ("validation": { "fraction": 0.1 }), ' +
    'or take those of the paper.'
  );
}

async function runOpened(opened: OpenCell, report: (event: CellEvent) => void): Promise<void> {
  const { cell, method, definition, stream } = opened;
  const directory = RunDirectory.open(cell.resultsDirectory, {
    definition,
    order: stream.order,
    tasks: stream.tasks.map(({ index, name }) => ({ index, name })),
    usesPastData: method.needs?.pastData === true,
  });
  const cached = directory.finished;
  try {
    if (!cached) await trainAndMeasure(opened, directory, report);
    report({
      kind: 'finished',
      id: directory.id,
      directory: directory.path,
      cached,
    });
  } finally {
    directory.close();
  }
}

async function trainAndMeasure(
  { cell, method, definition, backbone, stream, engine }: OpenCell,
  directory: RunDirectory,
  report: (event: CellEvent) => void,
): Promise<void> {
  try {
    const learner = new Learner({
      method,
      settings: definition.method.settings,
      backbone,
      engine,
      protocol: protocolOf(stream, method.needs?.pastData),
      seeds: cell.seeds,
      log: (event) => directory.addEvent(event),
      report,
    });
    await new Run({
      learner,
      engine,
      stream,
      directory,
      definition,
      report,
    }).toTheEnd();
  } catch (thrown) {
    directory.fail(messageOf(thrown));
    throw thrown;
  }
}

/** What determines the result, but for the data and the engine. */
function definitionOf(
  cell: CellSpec,
  base: Scenario,
  { scenario, settings }: Resolved,
  { method, digest }: LoadedMethod,
): Omit<OwnRunDefinition, 'dataset' | 'engine'> {
  return {
    scenario: {
      name: base.name,
      version: base.version,
      digest: scenarioDigest(base),
    },
    method: { name: method.name, version: method.version, digest, settings },
    training: scenario.training,
    backbone: scenario.backbone,
    seeds: cell.seeds,
    measuredOn: cell.measuredOn,
    ...(cell.firstTasks !== undefined && { firstTasks: cell.firstTasks }),
    palimpsest: packageVersion(),
  };
}
