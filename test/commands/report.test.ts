import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileName, importedChanges, recordMadeUp } from '../report/report-fixtures.ts';
import { palimpsest } from './palimpsest.ts';

let folder = '';
let html = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  recordMadeUp(folder, { method: 'ewc', seeds: 3, tasks: 4, decay: 0.1 });
  recordMadeUp(folder, { method: hostileName, seeds: 2, tasks: 4, decay: 0.02 });
  recordMadeUp(folder, {
    ...{ method: 'foreign', seeds: 1, tasks: 3, decay: 0.1, scenario: `../${hostileName}`, updates: 0 },
    changes: importedChanges,
  });
  const called = await palimpsest([
    ...['report', '--results', folder, '--out', join(folder, 'report.html'), '--svg', join(folder, 'svg')],
    ...['--title', `Report ${hostileName}`],
  ]);
  expect(called.error).toBe('');
  expect(called.code).toBe(0);
  html = readFileSync(join(folder, 'report.html'), 'utf8');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('report', () => {
  it('is one page with a section for each table: table, figures with their numbers, matrices, settings', () => {
    const { document } = parseHTML(html);
    const sections = [...document.querySelectorAll('section')];
    expect(sections.length).toBe(2);
    const texts = (selector: string) =>
      [...document.querySelectorAll(selector)].map((one) => one.textContent);
    expect(texts('nav li a')).toEqual(texts('section h2'));
    const own = sections.find((section) => section.textContent?.includes('made-up@1'));
    const headings = [...(own?.querySelectorAll('h3') ?? [])].map((heading) => heading.textContent);
    expect(headings).toEqual([
      'Accuracy over tasks',
      'Forgetting by task',
      'Final accuracy against training time',
      'Training loss',
      'Accuracy matrices',
      'Settings and digests',
    ]);
    for (const figure of document.querySelectorAll('figure')) {
      const drawing = figure.querySelector('svg');
      expect(drawing?.getAttribute('role')).toBe('img');
      expect(drawing?.getAttribute('aria-label')).toBeTruthy();
      expect(figure.querySelectorAll('details tbody tr').length).toBeGreaterThan(0);
    }
    expect(own?.querySelector('.settings')?.textContent).toContain('c'.repeat(64));
    expect(own?.textContent).toContain('fewer than three seeds');
  });

  it('says why the figures of imported runs are fewer', () => {
    expect(html).toContain('No training curves: the runs logged no losses.');
  });

  it('loads nothing, has no inline style and no script but the sorter', () => {
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('[src], link, iframe, object, embed, img, form').length).toBe(0);
    for (const link of document.querySelectorAll('[href]')) {
      expect(link.getAttribute('href')).toMatch(/^#section-\d+$/);
    }
    expect(html).not.toMatch(/@import|url\(/i);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/\sstyle=/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.match(/<style/g)).toHaveLength(1);
  });

  it('escapes hostile names everywhere', () => {
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert');
    for (const name of readdirSync(join(folder, 'svg'))) {
      expect(name).toMatch(/^[A-Za-z0-9_.-]+\.svg$/);
      expect(readFileSync(join(folder, 'svg', name), 'utf8')).not.toContain('<script');
    }
  });

  it('writes stand-alone figures with colours of their own', () => {
    const names = readdirSync(join(folder, 'svg'));
    expect(names.filter((name) => name.includes('made-up')).length).toBe(6);
    for (const name of names) {
      const svg = readFileSync(join(folder, 'svg', name), 'utf8');
      expect(svg).toMatch(
        /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/,
      );
      expect(svg).toContain('fill="#ffffff"');
      expect(svg).not.toMatch(/var\(|currentColor|\sstyle=|NaN|undefined/);
    }
  });

  it('takes metrics by name, prints JSON, and refuses what it cannot do', async () => {
    const out = join(folder, 'other.html');
    const call = (...words: string[]) => palimpsest(['report', '--results', folder, ...words]);
    const json = await call('made-up', '--metric', 'forgetting', 'bwt', '--out', out, '--json');
    const printed = JSON.parse(json.out) as { page: string; tables: { rows: { metrics: object }[] }[] };
    expect(printed.page).toBe(out);
    expect(Object.keys(printed.tables[0]?.rows[0]?.metrics ?? {})).toEqual([
      'forgetting/chaudhry@1',
      'bwt/gem@1',
    ]);
    const unknown = await call('made-up', '--metric', 'forgeting', '--out', out);
    expect(unknown.code).toBe(2);
    expect(unknown.error).toContain('Did you mean "forgetting/chaudhry@1"?');
    const both = await call('--out', '-', '--json');
    expect(both.error).toContain('--out and --json would both go to standard output.');
    expect((await call()).code).toBe(2);
  });
});
