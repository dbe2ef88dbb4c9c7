import { suggestion } from '../suggest.ts';
import type { GroupRule } from './class-groups.ts';
import { loadDatasetDefinition } from './dataset-definition.ts';
import { bringsValidation, groupSizes, hasDomains } from './dataset-facts.ts';
import { datasetNames } from './dataset-folders.ts';
import { definitionProblems } from './dataset-problems.ts';
import { type Problem, shown } from './problems.ts';
import type { DatasetDefinition, Scenario, TaskSplit } from './scenario.ts';
import { defaultValidation, type ScenarioFile, withScenarioDefaults } from './scenario-defaults.ts';
import { classesPerTaskProblem } from './split-classes.ts';

/** A rule that ties several properties of a scenario together. */
type Rule = (scenario: Scenario, dataset: DatasetDefinition) => Problem[];

const rules: readonly Rule[] = [
  classIncremental,
  taskIncremental,
  domainIncremental,
  candidatesNeedIdentity,
  splitFitsDataset,
  trainingBudget,
  optimiserSettings,
  normalisation,
  listedOrderNeedsClasses,
  classOfTaskNeedsSameClasses,
  withinTaskNeedsClassesOfItsOwn,
  paddingNeedsImages,
];

/**
 * What is wrong in a scenario that its schema accepts: properties that contradict each other or the dataset.
 */
export function ruleProblems(file: ScenarioFile): Problem[] {
  const scenario = withScenarioDefaults(file);
  if (typeof file.dataset !== 'string') {
    const problems = definitionProblems(file.dataset, '$.dataset');
    if (problems.length > 0) return problems;
  }
  if (typeof scenario.dataset !== 'string') {
    const definition = scenario.dataset;
    return problemsBeside(file, scenario, definition);
  }
  const known = datasetNames();
  if (!known.includes(scenario.dataset)) {
    const list = known.map((name) => `"${name}"`).join(', ');
    const near = suggestion(scenario.dataset, known);
    const right = `it must be one of ${list}, or a definition in place`;
    return [{ path: '$.dataset', message: `is ${shown(scenario.dataset)}; ${right}${near && `.${near}`}` }];
  }
  return problemsBeside(file, scenario, loadDatasetDefinition(scenario.dataset));
}

function problemsBeside(file: ScenarioFile, scenario: Scenario, dataset: DatasetDefinition): Problem[] {
  const problems = rules.flatMap((rule) => rule(scenario, dataset));
  // The default is also what a scenario has that was filled in before; it says nothing.
  const stated = file.validation !== undefined && file.validation.fraction !== defaultValidation.fraction;
  if (!stated || !bringsValidation(dataset)) return problems;
  const message = `has no effect: dataset "${dataset.name}" brings a validation set of its own; leave it out`;
  return [...problems, { path: '$.validation.fraction', message }];
}

/** Ways to split that give each task classes of its own. */
const splitsByClass: readonly TaskSplit['by'][] = ['classes', 'class-groups'];

function classIncremental(scenario: Scenario): Problem[] {
  if (scenario.kind !== 'class-incremental') return [];
  const problems = noIdentityAtTest(scenario);
  if (!splitsByClass.includes(scenario.tasks.by) && scenario.labels !== 'class-of-task') {
    problems.push({
      path: '$.tasks.by',
      message:
        `is "${scenario.tasks.by}"; a class-incremental scenario is split by "classes" or "class-groups", ` +
        'or has "labels": "class-of-task"',
    });
  }
  if (scenario.labels === 'within-task') {
    problems.push({
      path: '$.labels',
      message: 'is "within-task"; a class-incremental scenario needs "class"',
    });
  }
  return problems;
}

function taskIncremental(scenario: Scenario): Problem[] {
  if (scenario.kind !== 'task-incremental' || scenario.taskIdentity.test) return [];
  return [
    { path: '$.taskIdentity.test', message: 'is false; a task-incremental scenario tells the task at test' },
  ];
}

function domainIncremental(scenario: Scenario): Problem[] {
  if (scenario.kind !== 'domain-incremental') return [];
  const problems = noIdentityAtTest(scenario);
  if (splitsByClass.includes(scenario.tasks.by) && scenario.labels !== 'within-task') {
    problems.push({
      path: '$.labels',
      message: `is "${scenario.labels}"; a domain-incremental scenario that is split by classes needs "within-task"`,
    });
  }
  return problems;
}

function noIdentityAtTest(scenario: Scenario): Problem[] {
  if (!scenario.taskIdentity.test) return [];
  const cure = 'it must be false (a scenario that tells the task at test is "task-incremental")';
  return [{ path: '$.taskIdentity.test', message: `is true in a ${scenario.kind} scenario; ${cure}` }];
}

function candidatesNeedIdentity(scenario: Scenario): Problem[] {
  return (['train', 'test'] as const)
    .filter((phase) => scenario.candidates[phase] === 'current' && !scenario.taskIdentity[phase])
    .map((phase) => ({
      path: `$.candidates.${phase}`,
      message: `is "current", which tells the task, but $.taskIdentity.${phase} is false; take "all" or "seen"`,
    }));
}

function splitFitsDataset(scenario: Scenario, dataset: DatasetDefinition): Problem[] {
  const { tasks } = scenario;
  const { reader } = dataset;
  if (tasks.by === 'domains' && !hasDomains(reader)) {
    const cure =
      '"domains": true for an image folder, "domains" for IDX files, or a "domainColumn" for a table';
    return [
      {
        path: '$.tasks.by',
        message: `is "domains", but dataset "${dataset.name}" has none; its reader needs ${cure}`,
      },
    ];
  }
  if (tasks.by === 'class-groups') return groupProblems(tasks, dataset);
  if ((tasks.by === 'rotations' || tasks.by === 'drawn-rotations') && isVector(dataset)) {
    return [
      {
        path: '$.tasks.by',
        message: `is "${tasks.by}", but dataset "${dataset.name}" holds no images; its reader needs a "shape" [channels, height, width]`,
      },
    ];
  }
  if (tasks.by === 'classes' && reader.kind === 'idx') {
    const message = classesPerTaskProblem(tasks.classesPerTask, reader.classes.length);
    return message === null ? [] : [{ path: '$.tasks.classesPerTask', message }];
  }
  return [];
}

function groupProblems(tasks: GroupRule, dataset: DatasetDefinition): Problem[] {
  const sizes = groupSizes(dataset);
  if (sizes === null) return [];
  const known = [...sizes.keys()];
  const unknown = (tasks.groups ?? []).flatMap((group, index): Problem[] => {
    if (sizes.has(group)) return [];
    const near = suggestion(group, known);
    const message = `is "${group}"; it must be a group of dataset "${dataset.name}": ${known.join(', ')}`;
    return [{ path: `$.tasks.groups[${index}]`, message: `${message}${near && `.${near}`}` }];
  });
  const parts = tasks.tasksPerGroup ?? 1;
  const small = known.find(
    (group) => (tasks.groups?.includes(group) ?? true) && (sizes.get(group) ?? 0) < parts,
  );
  if (small === undefined) return unknown;
  const message = `is ${parts}, but group "${small}" has ${sizes.get(small)} classes; it must be at most that`;
  return [...unknown, { path: '$.tasks.tasksPerGroup', message }];
}

function isVector({ reader }: DatasetDefinition): boolean {
  return (reader.kind === 'csv' || reader.kind === 'jsonl') && reader.shape?.length !== 3;
}

function trainingBudget({ training }: Scenario): Problem[] {
  const { epochs, updates, warmup } = training;
  if (epochs === undefined && updates === undefined) {
    return [
      {
        path: '$.training',
        message: 'lacks a budget; it must have "epochs" or "updates", a whole number of at least 1',
      },
    ];
  }
  if (epochs !== undefined && updates !== undefined) {
    return [
      {
        path: '$.training',
        message: `has both "epochs" (${epochs}) and "updates" (${updates}); leave one out`,
      },
    ];
  }
  if (updates !== undefined && warmup >= updates) {
    return [
      { path: '$.training.warmup', message: `is ${warmup}; it must be less than "updates" (${updates})` },
    ];
  }
  return [];
}

function listedOrderNeedsClasses({ classOrder, tasks }: Scenario): Problem[] {
  if (typeof classOrder === 'string' || tasks.by === 'classes') return [];
  const message = `lists orders of classes, but tasks are made by "${tasks.by}"; take "natural" or "seeded"`;
  return [{ path: '$.classOrder', message }];
}

function classOfTaskNeedsSameClasses({ kind, labels, tasks }: Scenario): Problem[] {
  if (labels !== 'class-of-task') return [];
  // Another rule asks for "within-task" then.
  if (kind === 'domain-incremental' && splitsByClass.includes(tasks.by)) return [];
  if (splitsByClass.includes(tasks.by) || tasks.by === 'domains') {
    const message = `is "class-of-task", but tasks made by "${tasks.by}" do not all hold the same classes; take "class"`;
    return [{ path: '$.labels', message }];
  }
  if (kind !== 'domain-incremental') return [];
  const message = 'is "class-of-task"; a domain-incremental scenario has the same outputs in every task';
  return [{ path: '$.labels', message }];
}

/** Where all tasks hold all classes, both are the same. */
function withinTaskNeedsClassesOfItsOwn({ labels, tasks }: Scenario): Problem[] {
  if (labels !== 'within-task' || tasks.by !== 'domains') return [];
  const message =
    'is "within-task", but classes of domains keep the outputs that they have in the dataset; take "class"';
  return [{ path: '$.labels', message }];
}

function paddingNeedsImages({ padding = 0 }: Scenario, dataset: DatasetDefinition): Problem[] {
  if (padding === 0 || !isVector(dataset)) return [];
  const cure = 'its reader needs a "shape" [channels, height, width]';
  return [
    { path: '$.padding', message: `is ${padding}, but dataset "${dataset.name}" holds no images; ${cure}` },
  ];
}

function optimiserSettings({ training }: Scenario): Problem[] {
  const { optimiser, momentum } = training;
  const isAdam = optimiser === 'adam' || optimiser === 'adamw';
  const decays = (['beta1', 'beta2'] as const).flatMap((name): Problem[] => {
    if (isAdam || training[name] === undefined) return [];
    const message = `is ${training[name]}, but "${optimiser}" has no such setting; take "adam" or "adamw", or leave it out`;
    return [{ path: `$.training.${name}`, message }];
  });
  if (momentum === 0 || optimiser === 'sgd') return decays;
  const message = `is ${momentum}, but "${optimiser}" has no momentum setting; take "sgd" or leave it out`;
  return [...decays, { path: '$.training.momentum', message }];
}

function normalisation({ normalise }: Scenario): Problem[] {
  if (normalise === null || normalise.mean.length === normalise.deviation.length) return [];
  const { mean, deviation } = normalise;
  const message = `has ${mean.length} mean and ${deviation.length} deviation entries; both need one for each channel, or one`;
  return [{ path: '$.normalise', message }];
}
