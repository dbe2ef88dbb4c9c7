import { importedTasks, type RunDefinition, type RunRecord } from '../record/run-record.ts';
import { tasksText } from '../report/format.ts';

/** What of two runs must be the same for their accuracies to be comparable. */
export interface DataDefinition
  extends Pick<RunDefinition, 'imported' | 'scenario' | 'dataset' | 'measuredOn' | 'firstTasks'> {
  /** Of imported runs alone, whose definition does not say it. */
  readonly importedTasks?: number | undefined;
}

/** What a recorded run was measured on. */
export function dataOf(record: RunRecord): DataDefinition {
  return { ...record.definition, importedTasks: importedTasks(record) };
}

/**
 * In what two runs were not measured on the same examples of the same
 * scenario, one sentence part each; none if they were.
 */
export function dataDifferences(one: DataDefinition, other: DataDefinition): string[] {
  return [
    difference('the scenario', one.scenario.name, other.scenario.name),
    difference('the version of the scenario', one.scenario.version, other.scenario.version),
    difference("the scenario's digest", short(one.scenario.digest), short(other.scenario.digest)),
    difference("the dataset's revision", one.dataset.revision, other.dataset.revision),
    difference("the dataset's SHA-256", short(one.dataset.sha256), short(other.dataset.sha256)),
    difference('what was measured on', one.measuredOn, other.measuredOn),
    difference('how much of the stream was run', extentOf(one), extentOf(other)),
    difference('the measure', measureOf(one), measureOf(other)),
  ].flat();
}

function difference(what: string, one: string | number, other: string | number): string[] {
  return one === other ? [] : [`${what} is ${one} and ${other}`];
}

/** What the numbers of a run are: of runs of this program and of most importers `accuracy`. */
function measureOf({ imported }: DataDefinition): string {
  return imported?.measure ?? 'accuracy';
}

/** How much of the stream a run went through, in words. */
export function extentOf({ firstTasks, importedTasks: tasks }: DataDefinition): string {
  if (tasks !== undefined) return tasksText(tasks);
  return firstTasks === undefined ? 'all tasks' : `the first ${firstTasks} tasks`;
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
