import { percent } from '../report/format.ts';
import type { JudgedCost } from './costs.ts';
import type { JudgedMetric, Regression } from './regression.ts';
import { changesOf, costText, neededText, verdictText } from './words.ts';

/**
 * A regression as JUnit XML, the format that continuous integration services read: a test case for each metric and cost.
 * `worse` is a failure; what cannot be told is skipped, with the reason.
 * @param strict whether everything but `ok` is a failure
 */
export function regressionJunit(regression: Regression, strict: boolean): string {
  const { runs, reference, metrics, costs } = regression;
  const { scenario, method } = runs.definition;
  const suite = `palimpsest.regress.${scenario.name}@${scenario.version}.${method.name}`;
  const changes = changesOf(runs, reference).join('\n');
  const cases = [
    ...metrics.map((judged) => metricCase(judged, changes, strict)),
    ...costs.map((judged) => costCase(judged, changes)),
  ];
  const count = (kind: Outcome['kind']): number =>
    cases.filter(({ outcome }) => outcome.kind === kind).length;
  const counts = { tests: cases.length, failures: count('failed'), errors: 0, skipped: count('skipped') };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', counts, [
      element(
        'testsuite',
        { name: suite, ...counts },
        cases.map(({ name, outcome }) =>
          element('testcase', { classname: suite, name }, outcomeElements(outcome)),
        ),
      ),
    ]),
    '',
  ].join('\n');
}

type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly message: string; readonly details: string }
  | { readonly kind: 'skipped'; readonly message: string };

interface Case {
  readonly name: string;
  readonly outcome: Outcome;
}

function metricCase({ metric, finding, verdict }: JudgedMetric, changes: string, strict: boolean): Case {
  const { runs, reference } = finding;
  const message =
    `${metric.id} is ${verdictText(verdict)}: ${percent(runs.mean)}% in ${runs.count} runs, ` +
    `${percent(reference.mean)}% in ${reference.count} of the reference`;
  const failed = verdict.kind === 'worse' || (strict && verdict.kind !== 'ok');
  if (failed) return { name: metric.id, outcome: { kind: 'failed', message, details: changes } };
  if (verdict.kind !== 'not-enough-seeds') return { name: metric.id, outcome: { kind: 'passed' } };
  return {
    name: metric.id,
    outcome: { kind: 'skipped', message: `${message}. ${neededText(verdict.needed)}` },
  };
}

function costCase({ name, unit, means, verdict }: JudgedCost, changes: string): Case {
  if (verdict.kind === 'not-compared') {
    return { name, outcome: { kind: 'skipped', message: `not compared: ${verdict.reason}` } };
  }
  if (verdict.kind === 'ok') return { name, outcome: { kind: 'passed' } };
  const [mine = 0, its = 0] = means ?? [];
  const message = `${name} is worse: ${costText(mine, unit)}, in the reference ${costText(its, unit)}`;
  return { name, outcome: { kind: 'failed', message, details: changes } };
}

function outcomeElements(outcome: Outcome): string[] {
  switch (outcome.kind) {
    case 'passed':
      return [];
    case 'skipped':
      return [element('skipped', { message: outcome.message }, [])];
    case 'failed':
      return [element('failure', { message: outcome.message }, [escapeXml(outcome.details)])];
  }
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[],
): string {
  const text = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const head = `<${name}${text.join('')}`;
  return content.length === 0 ? `${head}/>` : `${head}>${content.join('\n')}</${name}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Text for an XML 1.0 attribute or element; characters that XML cannot carry become the replacement character. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"'\n\t\r]/g, (character) => entities[character] ?? '');
}
