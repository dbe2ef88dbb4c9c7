import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml } from '../html-page.ts';
import { inkOf, type Medium, type SeriesStyle, styleOf } from './palette.ts';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** What a drawing is made of. */
export interface Drawing {
  readonly description: string;
  readonly medium: Medium;
  readonly options: Plot.PlotOptions & { readonly width: number; readonly height: number };
  /** Stands above the plot. */
  readonly heading?: string;
  readonly legend?: readonly { readonly label: string; readonly style: number; readonly dashed: boolean }[];
  /** SVG below the plot, instead of a legend of series; its height in pixels. */
  readonly footer?: { readonly svg: string; readonly height: number };
}

const headingHeight = 24;
const lineHeight = 20;

/**
 * One SVG element that stands alone: the plot, a heading, a legend. Colours are presentation attributes, because the page's
 * policy forbids inline styles; Plot's own style sheet only says what the page and these attributes say as well.
 */
export function drawSvg({ description, medium, options, heading, legend = [], footer }: Drawing): string {
  const { width, height } = options;
  const { ink } = inkOf(medium);
  const plot = Plot.plot({ ...options, document: document as never }) as unknown as {
    querySelector(selector: string): { remove(): void } | null;
    innerHTML: string;
  };
  plot.querySelector('style')?.remove();
  const above = heading === undefined ? 0 : headingHeight;
  const keys = legendOf(legend, width, medium);
  const below = footer ?? { svg: keys.svg, height: keys.height };
  const whole = height + above + below.height;
  const paper = medium === 'paper' ? `<rect width="${width}" height="${whole}" fill="#ffffff"/>` : '';
  const title =
    heading === undefined
      ? ''
      : `<text x="4" y="16" font-size="13" font-weight="600" text-anchor="start">${escapeHtml(fitted(heading, width - 8, 13))}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${whole}" width="${width}" height="${whole}" role="img" ` +
    `aria-label="${escapeHtml(description)}" font-family="system-ui, 'Helvetica Neue', Arial, sans-serif" font-size="12" ` +
    `fill="${ink}" text-anchor="middle">${paper}${title}` +
    `<g transform="translate(0,${above})">${plot.innerHTML.replaceAll('"currentColor"', `"${ink}"`)}</g>` +
    `<g transform="translate(0,${above + height})">${below.svg}</g></svg>`
  );
}

/** Keys from left to right, wrapped where the next would not fit. */
function legendOf(
  entries: NonNullable<Drawing['legend']>,
  width: number,
  medium: Medium,
): { readonly svg: string; readonly height: number } {
  let x = 8;
  let y = 12;
  const parts = entries.map(({ label, style, dashed }) => {
    const text = fitted(label, width - 60, 12);
    const length = 46 + textWidth(text, 12);
    if (x > 8 && x + length > width) {
      x = 8;
      y += lineHeight;
    }
    const { colour, dashes, symbol } = styleOf(style, medium);
    const line = dashed
      ? `<path d="M0,0H28" stroke="${colour}" stroke-width="2"${dashes === '' ? '' : ` stroke-dasharray="${dashes}"`}/>`
      : '';
    const part =
      `<g transform="translate(${x},${y})">${line}<g transform="translate(14,0)">${symbolPath(symbol, colour)}</g>` +
      `<text x="34" y="0.34em" text-anchor="start">${escapeHtml(text)}</text></g>`;
    x += length + 8;
    return part;
  });
  return { svg: parts.join(''), height: entries.length === 0 ? 0 : y + lineHeight };
}

/** The same path that Plot draws in the figure. */
function symbolPath(symbol: SeriesStyle['symbol'], colour: string): string {
  const plot = Plot.plot({
    document: document as never,
    width: 20,
    height: 20,
    axis: null,
    marks: [
      Plot.dot([0], {
        frameAnchor: 'middle',
        x: null,
        y: null,
        symbol: symbol as never,
        r: 4,
        fill: '#000000',
      }),
    ],
  } as Plot.PlotOptions) as unknown as {
    querySelector(selector: string): { getAttribute(name: string): string | null } | null;
  };
  const path = plot.querySelector('path')?.getAttribute('d');
  return path === null || path === undefined
    ? `<circle r="4" fill="${colour}"/>`
    : `<path d="${path}" fill="${colour}"/>`;
}

/** An estimate, in pixels: no font is measured, and wide characters count as such. */
function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, character) => sum + (character > '\u2e7f' ? 1 : 0.56), 0) * size;
}

function fitted(text: string, width: number, size: number): string {
  const characters = [...text];
  if (textWidth(text, size) <= width) return text;
  let end = characters.length;
  while (end > 1 && textWidth(`${characters.slice(0, end).join('')}…`, size) > width) end--;
  return `${characters.slice(0, end).join('')}…`;
}
