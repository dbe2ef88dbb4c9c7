import * as Plot from '@observablehq/plot';
import { drawSvg } from './canvas.ts';
import type { DrawnRow, Figure } from './figure.ts';
import { type Medium, textOn } from './palette.ts';
import { type MeanCell, matricesOf, meanMatrix, numbersTo, tasksOf, thinned } from './series.ts';

/** More stages and tasks than this are no longer seen as cells. */
const mostCells = 60;
/** Up to so many tasks a cell has room for a number with a decimal, up to so many for a whole one. */
const room = { decimal: 10, whole: 24 };

/** Perceptually uniform, and read by people with any colour vision. */
const scale = Plot.scale({ color: { type: 'linear', scheme: 'viridis', domain: [0, 1] } });

/** The accuracy matrix of a row, the mean over its seeds, as a heat map with its numbers. */
export function heatMap({ row, label }: DrawnRow, index: number): Figure {
  const matrices = matricesOf(row.runs);
  const all = tasksOf(matrices);
  const tasks = thinned(numbersTo(all), mostCells);
  // Few importers know the row before training; without it the map begins at 1.
  const stages = [0, ...tasks].filter((after) => after > 0 || matrices.some((matrix) => matrix.has(0, 1)));
  const cells = meanMatrix(matrices, stages, tasks);
  const at = new Map(cells.map((cell) => [`${cell.after} ${cell.task}`, cell]));
  const seeds = row.runs.length === 1 ? 'one seed' : `${row.runs.length} seeds`;
  return {
    id: `matrix-${index + 1}`,
    title: label,
    description: `Accuracy matrix of ${label}, ${seeds}: mean accuracy in percent on each of ${all} tasks after each stage of training. Its numbers are in the table below it.`,
    notes: [
      ...(tasks.length < all ? [`${tasks.length} of ${all} tasks are drawn, evenly spread.`] : []),
      ...(cells.length < stages.length * tasks.length ? ['Empty cells were not measured in every run.'] : []),
    ],
    draw: (medium) => draw(cells, stages, tasks, `${label}, ${seeds}`, medium),
    table: {
      heads: ['after', ...tasks.map((task) => `task ${task}`)],
      rows: stages.map((after) => [
        String(after),
        ...tasks.map((task) => {
          const cell = at.get(`${after} ${task}`);
          return cell === undefined ? '' : (cell.accuracy * 100).toFixed(1);
        }),
      ]),
    },
  };
}

function draw(
  cells: readonly MeanCell[],
  stages: readonly number[],
  tasks: readonly number[],
  heading: string,
  medium: Medium,
): string {
  const count = tasks.length;
  const side = count <= room.decimal ? 38 : count <= room.whole ? 24 : Math.max(6, Math.floor(576 / count));
  const margin = { marginLeft: 48, marginTop: 34, marginRight: 8, marginBottom: 4 };
  const width = Math.max(220, margin.marginLeft + margin.marginRight + side * count);
  const coloured = cells.map(({ after, task, accuracy }) => ({
    after,
    task,
    fill: String(scale.apply(accuracy)),
    accuracy,
  }));
  return drawSvg({
    description: `${heading}: accuracy matrix in percent`,
    medium,
    heading,
    footer: colourBar(width),
    options: {
      ...margin,
      marginRight: width - margin.marginLeft - side * count,
      width,
      height: margin.marginTop + margin.marginBottom + side * stages.length,
      padding: 0,
      x: {
        domain: tasks,
        label: 'tested on task',
        axis: 'top',
        ticks: thinned(tasks, 12),
        tickSize: 3,
        labelArrow: 'none',
        labelAnchor: 'left',
      },
      y: {
        domain: stages,
        label: 'after',
        ticks: thinned(stages, 12),
        tickSize: 3,
        labelArrow: 'none',
        labelAnchor: 'center',
      },
      marks: [
        Plot.cell(coloured, {
          x: 'task',
          y: 'after',
          fill: (cell: { fill: string }) => cell.fill,
          inset: count <= room.whole ? 0.5 : 0,
        }),
        ...(count <= room.whole
          ? [
              Plot.text(coloured, {
                x: 'task',
                y: 'after',
                text: ({ accuracy }: MeanCell) => (accuracy * 100).toFixed(count <= room.decimal ? 1 : 0),
                fill: (cell: { fill: string }) => textOn(hexOf(cell.fill)),
                fontSize: count <= room.decimal ? 12 : 10,
              } as never),
            ]
          : []),
      ],
      color: { type: 'identity' },
    } as never,
  });
}

/** What the colours mean, in eleven steps from 0 to 100%. */
function colourBar(width: number): { readonly svg: string; readonly height: number } {
  const step = Math.min(16, Math.floor((width - 60) / 11));
  const boxes = Array.from(
    { length: 11 },
    (_, index) =>
      `<rect x="${48 + index * step}" y="6" width="${step}" height="10" fill="${hexOf(String(scale.apply(index / 10)))}"/>`,
  );
  const text = (at: number, words: string): string =>
    `<text x="${48 + at * step + step / 2}" y="30" font-size="11">${words}</text>`;
  return { svg: `${boxes.join('')}${text(0, '0')}${text(5, '50')}${text(10, '100%')}`, height: 38 };
}

/** `rgb(68, 1, 84)` or `#440154` as `#440154`. */
function hexOf(colour: string): string {
  const numbers = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour)?.slice(1);
  if (numbers === undefined) return colour;
  return `#${numbers.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}
