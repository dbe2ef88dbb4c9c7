import { type CheckReport, type CheckResult, checkTitles } from './result.ts';

const marks = { passed: '✓', failed: '✗', 'not-applicable': '–' } as const;

/** The report for people: a line a check, the reason below those that failed, and a count. */
export function formatChecks(report: CheckReport): string {
  const { method, scenario, backbone, engine, results } = report;
  const counts = (['passed', 'failed', 'not-applicable'] as const).flatMap((kind) => {
    const count = results.filter((result) => result.kind === kind).length;
    return count > 0 ? [`${count} ${kind.replace('-', ' ')}`] : [];
  });
  return [
    `${method.name}@${method.version} on a tiny ${scenario.kind} stream of ${scenario.tasks} tasks (${backbone}, ${engine})`,
    ...results.flatMap(linesOf),
    counts.join(', '),
  ].join('\n');
}

function linesOf(result: CheckResult): string[] {
  const line = `  ${marks[result.kind]} ${checkTitles[result.check]}`;
  if (result.kind === 'failed') return [line, `      ${result.reason}`];
  return [result.kind === 'passed' ? line : `${line} (not applicable: ${result.why})`];
}
