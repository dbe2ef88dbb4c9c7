/** Where a figure is shown: on a page that may be light or dark, or on white paper. */
export type Medium = 'page' | 'paper';

/** How one method looks; colour, dashes and symbol each tell it from the others alone. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dashes: string;
  readonly symbol: SymbolShape;
}

/**
 * A symbol as Plot takes it: a name, or a path of an area in square
 * pixels. Only filled ones: strokes would not be seen.
 */
type SymbolShape = string | { draw(context: SymbolContext, area: number): void };

interface SymbolContext {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
}

const pointingDown: SymbolShape = {
  draw(context, area) {
    const height = Math.sqrt(area * Math.sqrt(3));
    const half = height / Math.sqrt(3);
    context.moveTo(-half, -height / 3);
    context.lineTo(half, -height / 3);
    context.lineTo(0, (height * 2) / 3);
    context.closePath();
  },
};

const symbols: readonly SymbolShape[] = [
  ...['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye'],
  pointingDown,
];
const dashes = ['', '7 3', '2 2', '9 3 2 3', '12 4', '4 2 1 2', '1 3', '6 2 2 2 2 2'];

/**
 * The hues of Okabe and Ito (2008), which people with any colour vision tell apart; darkened for
 * white paper, or lightened for a dark page, until each has a contrast of 3 to 1 with what is
 * behind it. Yellow cannot, and is an olive here.
 */
export const seriesColours = {
  light: ['#0072b2', '#c85200', '#00805c', '#a8528a', '#1b1b1f', '#9a6c00', '#2b86bd', '#7d7600'],
  dark: ['#5aa9e6', '#ff8a4c', '#2fc79a', '#dd9cc4', '#ececf1', '#e69f00', '#8fd0f5', '#f0e442'],
} as const;

/** No more rows than this have styles of their own, and more curves in one figure cannot be told apart. */
export const mostSeries = seriesColours.light.length;

/** The style of a series. @param index from 0 to `mostSeries` - 1 */
export function styleOf(index: number, medium: Medium): SeriesStyle {
  const at = index % mostSeries;
  return {
    colour: medium === 'page' ? `var(--series-${at + 1})` : (seriesColours.light[at] ?? '#000000'),
    dashes: dashes[at] ?? '',
    symbol: symbols[at] ?? 'circle',
  };
}

/** Text, axes and grid. On a page they follow the reader's colour scheme. */
export function inkOf(medium: Medium): { readonly ink: string; readonly line: string } {
  return medium === 'page'
    ? { ink: 'currentColor', line: 'var(--line)' }
    : { ink: '#1b1b1f', line: '#d5d5dc' };
}

/** The contrast of two colours `#rrggbb` by WCAG 2, 1 to 21. */
export function contrast(first: string, second: string): number {
  const [high = 0, low = 0] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever is read better on a colour `#rrggbb`. */
export function textOn(background: string): '#000000' | '#ffffff' {
  return contrast(background, '#000000') >= contrast(background, '#ffffff') ? '#000000' : '#ffffff';
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
