import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBackbone } from '../backbones/open-backbone.ts';
import { openEngine } from '../engine/open-engine.ts';
import type { Engine, EngineName } from '../engine/program.ts';
import { seedsFrom } from '../random.ts';
import { runFiles } from '../record/read-run.ts';
import { RunDirectory } from '../record/run-directory.ts';
import type { OwnRunDefinition } from '../record/run-record.ts';
import { decodeSafetensors, type FileTensor } from '../safetensors.ts';
import { scenarioDigest } from '../stream/load-scenario.ts';
import type { Scenario, ScenarioKind } from '../stream/scenario.ts';
import type { TaskStream } from '../stream/stream.ts';
import { Learner } from '../train/learner.ts';
import { Run } from '../train/loop/run.ts';
import type { Method } from '../train/method.ts';
import { protocolOf } from '../train/protocol.ts';
import type { LoadedMethod } from '../train/registry/methods.ts';
import { resolveSettings } from '../train/registry/settings.ts';
import { packageVersion } from '../version.ts';
import { type TinyBackbone, tinyScenario, tinyStream } from './tiny-stream.ts';
import { Watch } from './watch.ts';
import { watchedEngine } from './watched-engine.ts';
import { watchedMethod } from './watched-method.ts';

/** What a rehearsal runs; plain data, so that another process can do the same. */
export interface RehearsalSpec {
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly backbone: TinyBackbone;
  readonly engine: EngineName | 'auto';
  /** Whether a training example's task is told. */
  readonly identityInTraining: boolean;
  /** Where `runs/<id>/` is written, and what is there is gone on with. */
  readonly folder: string;
}

/** A learner and its run on disk, right after tasks were saved. */
export interface SavedMoment {
  readonly tasksDone: number;
  readonly learner: Learner;
  /** Own properties of the learner before the method had it. */
  readonly learnerKeys: ReadonlySet<PropertyKey>;
  /** Folder of the run. */
  readonly directory: string;
}

/** A run over the tiny stream while it is watched. The engine is open until {@link withRehearsal} ends. */
export interface Rehearsal extends SavedMoment {
  readonly watch: Watch;
  readonly stream: TaskStream;
  readonly engine: Engine;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What ended the run early. */
  readonly error: unknown;
}

/** The kind of scenario that a method is checked in: the strictest that it can run. */
export function kindFor({ kinds, needs }: Method): ScenarioKind {
  if (needs?.taskIdentityAtTest === true) return 'task-incremental';
  const strictest: ScenarioKind[] = ['class-incremental', 'domain-incremental', 'task-incremental'];
  return strictest.find((kind) => kinds?.includes(kind) ?? true) ?? 'class-incremental';
}

/**
 * Runs a method through the tiny stream by the one loop of every run, and hands over what became of it.
 * @param use is given the rehearsal while its engine is open
 * @param saved is called when tasks are saved, and before the next one begins
 * @throws UsageError for settings that the method does not have; what the method throws is in the rehearsal's `error`
 */
export async function withRehearsal<Result>(
  loaded: LoadedMethod,
  spec: RehearsalSpec,
  use: (rehearsal: Rehearsal) => Promise<Result> | Result,
  saved: (moment: SavedMoment) => void = () => {},
): Promise<Result> {
  const { method } = loaded;
  const watch = new Watch(method.needs?.pastData === true);
  const plain = tinyScenario(kindFor(method), spec.backbone, spec.identityInTraining);
  const { scenario, settings } = resolveSettings(plain, method, spec.overrides);
  const stream = tinyStream(scenario, (origin, rows) => watch.read(origin, rows));
  watch.know(stream);
  const bare = await openEngine({ name: spec.engine, device: 'cpu', threads: 1 });
  const engine = watchedEngine(bare, watch);
  const definition = definitionOf(loaded, scenario, settings, stream, engine);
  const directory = RunDirectory.open(spec.folder, {
    definition,
    order: stream.order,
    tasks: stream.tasks.map(({ index, name }) => ({ index, name })),
    usesPastData: method.needs?.pastData === true,
  });
  try {
    let tasksDone = 0;
    const save = (done: number): void => {
      tasksDone = done;
      saved({ tasksDone, learner, learnerKeys, directory: directory.path });
    };
    const learner: Learner = new Learner({
      method: watchedMethod(method, watch, save),
      settings,
      backbone: openBackbone(scenario.backbone, stream.inputShape, stream.outputs),
      engine,
      protocol: protocolOf(stream, method.needs?.pastData),
      seeds: definition.seeds,
      log: (event) => directory.addEvent(event),
    });
    const learnerKeys = new Set(Reflect.ownKeys(learner));
    const run = new Run({ learner, engine, stream, directory, definition, report: () => {} });
    let error: unknown;
    try {
      await run.toTheEnd();
    } catch (thrown) {
      error = thrown;
    }
    if (error === undefined) tasksDone = stream.tasks.length;
    const rehearsal = { watch, stream, engine, learner, learnerKeys, settings, error, tasksDone };
    return await use({ ...rehearsal, directory: directory.path });
  } finally {
    directory.close();
    await bare.dispose();
  }
}

/** What a run left on disk: its matrix as text, and the tensors of its checkpoint by name. */
export interface Remains {
  readonly accuracy: string;
  readonly tensors: Readonly<Record<string, FileTensor>>;
}

/** Reads what a run left. @param directory of the run */
export function remainsOf(directory: string): Remains {
  const checkpoint = join(directory, runFiles.checkpoint);
  return {
    accuracy: readFileSync(join(directory, runFiles.accuracy), 'utf8'),
    tensors: existsSync(checkpoint) ? decodeSafetensors(readFileSync(checkpoint), checkpoint).tensors : {},
  };
}

function definitionOf(
  { method, digest }: LoadedMethod,
  scenario: Scenario,
  settings: Record<string, unknown>,
  { dataset }: TaskStream,
  { name, device, threads, version }: Engine,
): OwnRunDefinition {
  return {
    scenario: { name: scenario.name, version: scenario.version, digest: scenarioDigest(scenario) },
    dataset,
    method: { name: method.name, version: method.version, digest, settings },
    training: scenario.training,
    backbone: scenario.backbone,
    seeds: seedsFrom(1),
    measuredOn: 'test',
    engine: { name, device, threads, version },
    palimpsest: packageVersion(),
  };
}
