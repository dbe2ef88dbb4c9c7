import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRuns } from '../../harness/record/read-run.ts';
import { contrast } from '../../harness/report/figures/palette.ts';
import { groupRuns } from '../../harness/report/group-runs.ts';
import { reportPage, reportSections } from '../../harness/report/report-page.ts';
import { findChromium } from './browser.ts';
import { hostileName, importedChanges, recordMadeUp } from './report-fixtures.ts';

const executable = findChromium();
if (executable === undefined) {
  console.log(
    'Skipped: no chromium, chromium-browser or google-chrome on the path, and no PALIMPSEST_CHROMIUM.',
  );
}

const schemes = ['light', 'dark'] as const;
let folder = '';
let browser: Browser | undefined;
/** What the page complained of or asked for. */
const complaints: string[] = [];

async function open(scheme: (typeof schemes)[number], width: number): Promise<Page> {
  if (browser === undefined) throw new Error('The browser has not started.');
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 800 } });
  const address = pathToFileURL(join(folder, 'report.html')).href;
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (request.url() !== address) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(address);
  return page;
}

describe.skipIf(executable === undefined)('the report in Chromium', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
    recordMadeUp(folder, { method: 'ewc', seeds: 3, tasks: 5, decay: 0.1 });
    recordMadeUp(folder, { method: hostileName, seeds: 2, tasks: 5, decay: 0.02 });
    const changes = importedChanges;
    recordMadeUp(folder, {
      method: 'foreign',
      seeds: 1,
      tasks: 30,
      decay: 0.01,
      scenario: 'long',
      updates: 0,
      changes,
    });
    const sections = reportSections(groupRuns(findRuns(folder).runs));
    writeFileSync(join(folder, 'report.html'), reportPage('Report', sections, []));
    browser = await chromium.launch({ executablePath: executable as string, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(schemes)('%s: complains of nothing, asks for nothing, and fits a telephone', async (scheme) => {
    const page = await open(scheme, 390);
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each(schemes)('%s: text is read easily, in the page and in figures', async (scheme) => {
    const page = await open(scheme, 1280);
    const colours = (await page.evaluate(`(() => {
      const paper = getComputedStyle(document.body).backgroundColor;
      const head = getComputedStyle(document.querySelector('th')).backgroundColor;
      const of = (selector) => getComputedStyle(document.querySelector(selector));
      return [
        ...['p', 'h2', 'td', '.notes li', 'summary', 'dt', 'dd', 'a'].map((one) => [one, of(one).color, paper]),
        ['th button', of('th button').color, head],
        ['svg text', of('svg.drawing text').fill, paper],
      ];
    })()`)) as [string, string, string][];
    for (const [what, ink, paper] of colours) {
      expect(contrast(hex(ink), hex(paper)), what).toBeGreaterThan(4.5);
    }
    await page.close();
  });

  it('the tab key reaches links, tables, heads, figures and details, and Enter uses them', async () => {
    const page = await open('light', 1280);
    const reached = new Set<string>();
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      reached.add(
        (await page.evaluate(
          `document.activeElement.tagName + ' ' + (document.activeElement.getAttribute('role') ?? '')`,
        )) as string,
      );
    }
    expect([...reached]).toEqual(expect.arrayContaining(['A ', 'DIV region', 'BUTTON ', 'SUMMARY ']));
    const first = page.locator('table.sortable').first();
    await first.locator('th button').nth(2).focus();
    await page.keyboard.press('Enter');
    expect(await first.locator('th').nth(2).getAttribute('aria-sort')).toBe('descending');
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details').first().getAttribute('open')).not.toBeNull();
    await page.close();
  });

  it('shows hostile names as they are written', async () => {
    const page = await open('light', 1280);
    expect(await page.locator('td').first().page().content()).not.toContain('<script>alert');
    expect(await page.getByText(hostileName).count()).toBeGreaterThan(0);
    await page.close();
  });
});

/** `rgb(27, 27, 31)` as `#1b1b1f`. */
function hex(colour: string): string {
  const parts = colour.match(/\d+/g)?.slice(0, 3) ?? [];
  return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}
