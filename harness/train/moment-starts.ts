import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import type { HostTensors } from '../engine/tensor.ts';
import { initialMoments, type Optimiser, type StepNumbers } from '../nn/optimisers.ts';
import type { Learner } from './learner.ts';

/** What says since when the optimiser has had moments of each parameter. */
type Starts = Pick<Learner<never>, 'momentStarts' | 'trainable' | 'ownSteps'>;

/**
 * Gives every parameter that the scenario's optimiser steps the moments that it lacks, at 0, and takes away
 * those of parameters that are not trained now. Adam corrects young moments for having begun at 0, so a
 * parameter that gets its own while others keep theirs is counted from there on, as in PyTorch, whose
 * optimisers count the steps of each parameter.
 */
export function beginMoments<Settings>(learner: Learner<Settings>, optimiser: Optimiser): void {
  if (optimiser.moments.length === 0) {
    learner.moments = {};
    return;
  }
  const parameters = Object.fromEntries(
    Object.entries(learner.trained()).filter(([name]) => !learner.ownSteps.has(name)),
  );
  const kept = momentsOf(learner, (name) => name in parameters);
  const remembered = new Set(Object.keys(kept).map(parameterOf));
  if (remembered.size === 0) learner.forgetMoments();
  learner.momentStarts = Object.fromEntries(
    Object.keys(parameters).flatMap((name): [string, number][] => {
      const start = remembered.has(name) ? (learner.momentStarts[name] ?? 0) : learner.step;
      return start === 0 ? [] : [[name, start]];
    }),
  );
  learner.moments = { ...initialMoments(optimiser, parameters), ...kept };
}

function momentsOf<Settings>(
  { moments }: Learner<Settings>,
  condition: (parameter: string) => boolean,
): HostTensors {
  return Object.fromEntries(Object.entries(moments).filter(([name]) => condition(parameterOf(name))));
}

/** `head.weight` of `firstMoment.head.weight`. */
function parameterOf(moment: string): string {
  return moment.slice(moment.indexOf('.') + 1);
}

/** The different starts among trained parameters, oldest first; nearly always one, 0. */
function startsOf({ momentStarts, trainable, ownSteps }: Starts): number[] {
  const names = [...trainable].filter((name) => !ownSteps.has(name));
  const starts = new Set(names.map((name) => momentStarts[name] ?? 0));
  return starts.size === 0 ? [0] : [...starts].sort((a, b) => a - b);
}

/** The optimiser's scalars of a step: one set for each start, of which the first has the plain names. */
export function optimiserNumbers(
  learner: Starts & Pick<Learner<never>, 'step'>,
  optimiser: Optimiser,
  learningRate: number,
): StepNumbers {
  return Object.fromEntries(
    startsOf(learner).flatMap((start, group) =>
      Object.entries(optimiser.numbers(learner.step - start, learningRate)).map(([name, value]) => [
        numberName(name, group),
        value,
      ]),
    ),
  );
}

/** Those of a parameter among a program's tensors, by their plain names. */
export function numbersFor(
  parameter: string,
  learner: Starts,
  optimiser: Optimiser,
  tensors: Tensors,
): Tensors {
  const group = startsOf(learner).indexOf(learner.momentStarts[parameter] ?? 0);
  if (group === 0) return tensors;
  return Object.fromEntries(
    Object.keys(optimiser.numbers(1, 1)).map((name) => [name, tensors[numberName(name, group)] as Tensor]),
  );
}

function numberName(name: string, group: number): string {
  return group === 0 ? name : `${name}.${group}`;
}

/** Tells programs apart whose parameters have other starts; empty where all have the same. */
export function startsLabel(learner: Starts): string {
  const starts = startsOf(learner);
  if (starts.length === 1) return '';
  return ` moments ${[...learner.trainable].map((name) => starts.indexOf(learner.momentStarts[name] ?? 0)).join('.')}`;
}
