import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCsv, restoreText } from '../../harness/report/csv-text.ts';
import { escapeHtml } from '../../harness/report/html-page.ts';
import { formatHtmlTables } from '../../harness/report/html-table.ts';
import { escapeLatex, formatLatexTable } from '../../harness/report/latex-table.ts';
import { escapeMarkdown, formatMarkdownTable } from '../../harness/report/markdown-table.ts';
import type { TableContent } from '../../harness/report/table-content.ts';

/** Any text, with what is special in some format much more often than chance would have it. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        ...[
          '"',
          "'",
          ',',
          '\n',
          '\r',
          '\t',
          '|',
          '\\',
          '&',
          '<',
          '>',
          '{',
          '}',
          '$',
          '%',
          '#',
          '_',
          '^',
          '~',
        ],
        ...['=', '+', '-', '@', '`', '*', '[', ']', ';', '<script>', '\\\\', '\\end{tabular}', '</td>', '|'],
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const cases = { numRuns: 2000 };

function contentOf(texts: readonly string[]): TableContent {
  const cells = texts.map((text) => ({ lines: [text] }));
  return {
    title: texts[0] ?? '',
    columns: [
      { head: ['method'], align: 'left', cells },
      { head: ['final'], align: 'right', cells: texts.map(() => ({ lines: ['-16.67 ± 1.00'] })) },
    ],
    notes: texts,
    incomplete: texts,
  };
}

describe('CSV', () => {
  it('comes back through csv-parse as it was, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.array(hostile, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const width = Math.max(...rows.map((row) => row.length));
        const whole = rows.map((row) => [...row, ...new Array<string>(width - row.length).fill('x')]);
        const back = parse(formatCsv(whole), { record_delimiter: '\n' }) as string[][];
        expect(back.map((row) => row.map(restoreText))).toEqual(whole);
      }),
      cases,
    );
  });

  it('never has a text that a spreadsheet would run, and leaves numbers numbers', () => {
    fc.assert(
      fc.property(hostile, fc.double({ noNaN: true, noDefaultInfinity: true }), (text, number) => {
        const [row] = parse(formatCsv([[text, number, 'x']]), { record_delimiter: '\n' }) as string[][];
        expect(row?.[0]).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
        expect(Number(row?.[1])).toBe(number === 0 ? 0 : number);
      }),
      cases,
    );
    expect(formatCsv([[-16.67, '-16.67', "'=1"]])).toBe("-16.67,'-16.67,''=1\n");
  });
});

describe('Markdown', () => {
  it('shows any text as it is: taking the escapes off gives it back, and no cell is broken', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const escaped = escapeMarkdown(text);
        expect(escaped.replace(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(text.replace(/[\r\n]+/g, ' '));
        const bare = escaped.replace(/\\[!-/:-@[-`{-~]/g, '');
        expect(bare).not.toMatch(/[\\`*_{}[\]<>#|~$&\r\n]/);
      }),
      cases,
    );
  });

  it('has as many lines and cells as the table, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 3 }), (texts) => {
        const lines = formatMarkdownTable(contentOf(texts)).split('\n');
        const rows = lines.filter((line) => line.startsWith('|'));
        expect(rows).toHaveLength(texts.length + 2);
        for (const row of rows) expect(row.replace(/\\./g, '').split('|')).toHaveLength(4);
        expect(lines).toHaveLength(rows.length + 2 * texts.length + 4);
      }),
      { numRuns: 500 },
    );
  });
});

describe('LaTeX', () => {
  it('leaves braces balanced and nothing special unescaped, for any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const known =
          /\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|char34|char96)\{\}|\\[{}$&#_%]|\{[[\]*]\}|\$(\\pm|\\le|\\ge|\\surd|\\cdot|\\uparrow|\\downarrow|-)\$/g;
        expect(escapeLatex(text).replace(known, '')).not.toMatch(/[\\{}$&#_%~^<>|"`[\]*\r\n]/);
      }),
      cases,
    );
  });

  it('has the rows and cells of the table, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 3 }), (texts) => {
        const latex = formatLatexTable(contentOf(texts));
        const body = latex.slice(latex.indexOf('\\midrule\n') + 9, latex.indexOf('\\bottomrule'));
        const rows = body.trimEnd().split('\n');
        expect(rows).toHaveLength(texts.length);
        for (const row of rows) expect(row).toMatch(/^[^&]*(\\&[^&]*)* & \$-\$16\.67 \$\\pm\$ 1\.00 \\\\$/);
        expect(latex.split('\\end{tabular}')).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });
});

describe('HTML', () => {
  it('shows any text as it is', () => {
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    fc.assert(
      fc.property(hostile, (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '')).toBe(
          text,
        );
      }),
      cases,
    );
  });

  it('has the elements of the table and no others, whatever the texts, and nothing from a network', () => {
    const tags = (page: string) => [...page.matchAll(/<[a-z/!][^>]*>/g)].map(([tag]) => tag.split(/[ >]/)[0]);
    const expected = (count: number) =>
      tags(formatHtmlTables([contentOf(new Array<string>(count).fill('x'))]));
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 3 }), (texts) => {
        expect(tags(formatHtmlTables([contentOf(texts)]))).toEqual(expected(texts.length));
      }),
      { numRuns: 200 },
    );
    expect(formatHtmlTables([contentOf(['x'])])).toContain("default-src 'none'");
    expect(formatHtmlTables([contentOf(['x'])])).not.toMatch(/(src|href)=|url\(/);
  });
});
