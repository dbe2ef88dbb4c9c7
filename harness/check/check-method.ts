import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { EngineName } from '../engine/program.ts';
import { messageOf } from '../errors.ts';
import { type LoadedMethod, loadMethod } from '../train/registry/methods.ts';
import { batchMatesOutcome } from './batch-mates.ts';
import { memoryOutcome } from './declared-memory.ts';
import { differenceOf } from './difference.ts';
import { type Rehearsal, type RehearsalSpec, type Remains, remainsOf, withRehearsal } from './rehearsal.ts';
import {
  type CheckName,
  type CheckReport,
  checkNames,
  failed,
  notApplicable,
  type Outcome,
  passed,
} from './result.ts';
import { resumeOutcome, type Snapshot, snapshotOf } from './resume.ts';
import { identityAtTestOutcome, identityInTrainingOutcome } from './task-identity.ts';
import type { TinyBackbone } from './tiny-stream.ts';

/** How a method is checked; what is left out has the value in brackets. */
export interface CheckOptions {
  /** Settings of the method, `training.*` and `backbone.*`, as `run --set` takes them (the defaults). */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The network that is trained (`mlp`). */
  readonly backbone?: TinyBackbone;
  /** What computes (`auto`). */
  readonly engine?: EngineName | 'auto';
}

type Outcomes = Partial<Record<CheckName, Outcome>>;

/**
 * Runs a method over a tiny stream, watches it, and reports every check.
 * @param nameOrPath a method's name, or the path of its file
 * @throws UsageError for an unknown method or setting; UserError when the file does not export a method
 */
export async function checkMethod(nameOrPath: string, options: CheckOptions = {}): Promise<CheckReport> {
  const loaded = await loadMethod(nameOrPath);
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-check-'));
  const spec: RehearsalSpec = {
    overrides: options.settings ?? {},
    backbone: options.backbone ?? 'mlp',
    engine: options.engine ?? 'auto',
    identityInTraining: true,
    folder: join(folder, 'undisturbed'),
  };
  try {
    return await checkIn(folder, loaded, spec);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkIn(folder: string, loaded: LoadedMethod, spec: RehearsalSpec): Promise<CheckReport> {
  const { method, digest } = loaded;
  const snapshots: Snapshot[] = [];
  const memory: Outcome[] = [];
  return withRehearsal(
    loaded,
    spec,
    async (rehearsal) => {
      const outcomes = {
        ...watchedOutcomes(rehearsal, memory, loaded.file),
        ...(rehearsal.error === undefined
          ? await outcomesOfAWholeRun(folder, loaded, spec, rehearsal, snapshots)
          : undefined),
      };
      const { scenario, tasks } = rehearsal.stream;
      const early = notApplicable('the run did not reach its end');
      return {
        method: { name: method.name, version: method.version, digest },
        settings: rehearsal.settings,
        scenario: { kind: scenario.kind, tasks: tasks.length },
        backbone: scenario.backbone.name,
        engine: rehearsal.engine.name,
        results: checkNames.map((check) => ({ check, ...(outcomes[check] ?? early) })),
      };
    },
    (moment) => {
      if (moment.tasksDone > 0) snapshots.push(snapshotOf(moment.directory, moment.tasksDone, folder));
      memory.push(memoryOutcome(moment));
    },
  );
}

/** Where in the method's file an error arose, as far as its stack tells: ` (my-method.ts:9:32)`. */
function placeIn(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const [, place] = /:(\d+:\d+)\)?$/.exec(stack.find((line) => line.includes(file)) ?? '') ?? [];
  return place === undefined ? '' : ` (${basename(file)}:${place})`;
}

/**
 * What was seen during the run. A finding stands even if the run ended early; that
 * there is none means something only after its end.
 */
function watchedOutcomes(rehearsal: Rehearsal, earlier: readonly Outcome[], file: string): Outcomes {
  const { watch, error, stream } = rehearsal;
  const seen = (check: CheckName): Outcomes => {
    const finding = watch.found(check);
    if (finding !== undefined) return { [check]: failed(finding) };
    return error === undefined ? { [check]: passed } : {};
  };
  const unbalanced = [...earlier, ...(error === undefined ? [memoryOutcome(rehearsal)] : [])].find(
    ({ kind }) => kind === 'failed',
  );
  const everything = stream.scenario.candidates.test === 'all';
  return {
    'runs-to-its-end':
      error === undefined
        ? passed
        : failed(`The run over the tiny stream ended early: ${messageOf(error)}${placeIn(file, error)}`),
    ...seen('unseen-test-set'),
    ...seen('finite-parameters'),
    ...(everything
      ? { candidates: notApplicable('in the scenarios that the method runs, every label is a candidate') }
      : seen('candidates')),
    ...seen('declared-memory'),
    ...(unbalanced && watch.found('declared-memory') === undefined ? { 'declared-memory': unbalanced } : {}),
  };
}

/** What takes further runs and questions, after a run that reached its end. */
async function outcomesOfAWholeRun(
  folder: string,
  loaded: LoadedMethod,
  spec: RehearsalSpec,
  rehearsal: Rehearsal,
  snapshots: readonly Snapshot[],
): Promise<Outcomes> {
  const undisturbed = remainsOf(rehearsal.directory);
  const batchMates = await batchMatesOutcome(rehearsal);
  let identity = await identityAtTestOutcome(rehearsal);
  if (identity.kind === 'passed') {
    const hidden = { ...spec, identityInTraining: false, folder: join(folder, 'hidden') };
    identity = await withRehearsal(loaded, hidden, identityInTrainingOutcome);
  }
  const again = { ...spec, folder: join(folder, 'again') };
  return {
    'batch-mates': batchMates,
    'task-identity': identity,
    'same-seed': await withRehearsal(loaded, again, (second) => sameSeedOutcome(undisturbed, second)),
    resume: await resumeOutcome(loaded.file, spec, snapshots, undisturbed),
  };
}

function sameSeedOutcome(first: Remains, { error, directory }: Rehearsal): Outcome {
  const difference =
    error === undefined
      ? differenceOf(first, remainsOf(directory))
      : `the second ended early: ${messageOf(error)}`;
  if (difference === undefined) return passed;
  return failed(
    `Two runs with the same seeds, one after the other, end differently: ${difference}. Draw randomness from ` +
      'learner.random alone, and keep nothing in variables of the file.',
  );
}
