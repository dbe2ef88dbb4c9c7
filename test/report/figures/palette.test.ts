import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drawCurves } from '../../../harness/report/figures/curves.ts';
import { contrast, seriesColours, styleOf, textOn } from '../../../harness/report/figures/palette.ts';

const css = readFileSync(new URL('../../../harness/report/assets/page.css', import.meta.url), 'utf8');

it('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 6);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  expect(textOn('#440154')).toBe('#ffffff');
  expect(textOn('#fde725')).toBe('#000000');
});

it('every colour of a series has a contrast of 3 to 1 with what is behind it', () => {
  for (const colour of seriesColours.light) expect(contrast(colour, '#ffffff'), colour).toBeGreaterThan(3);
  for (const colour of seriesColours.dark) expect(contrast(colour, '#16161a'), colour).toBeGreaterThan(3);
});

it('the page has the same colours as the palette, in both schemes', () => {
  const listed = [...css.matchAll(/--series-\d: (#[0-9a-f]{6});/g)].map((match) => match[1]);
  expect(listed).toEqual([...seriesColours.light, ...seriesColours.dark]);
});

it('colour is never the only cue', () => {
  const styles = seriesColours.light.map((_, index) => styleOf(index, 'paper'));
  for (const cue of ['colour', 'dashes', 'symbol'] as const) {
    expect(new Set(styles.map((style) => style[cue])).size).toBe(styles.length);
  }
});

it('every symbol is a filled shape: strokes alone would not be seen', () => {
  const series = seriesColours.light.map((_, style) => ({
    ...{ label: `method ${style}`, style },
    points: [{ x: 1, mean: 0.5, halfWidth: null }],
  }));
  const options = { description: '', x: '', y: '', scale: 1, shape: 'points', last: 1 } as const;
  const svg = drawCurves(series, options, 'paper');
  const paths = [...svg.matchAll(/ d="(M[^"]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((path) => path.length > 12);
  // One is a circle; each of the others stands in the figure and in the legend.
  expect(paths.length).toBe(2 * (series.length - 1));
  for (const path of paths) expect(path).toMatch(/Z$/i);
});
