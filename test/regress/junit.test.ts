import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultRule } from '../../harness/regress/decide.ts';
import { escapeXml, regressionJunit } from '../../harness/regress/junit.ts';
import { judgeRuns } from '../../harness/regress/regression.ts';
import { sample } from './samples.ts';

const reference = sample(0.8, 12, 'reference');

describe('regressionJunit', () => {
  it('has a failure for what is worse, with the numbers and what changed', () => {
    const worse = sample(0.6, 6);
    const method = { ...worse.definition.method, settings: { strength: 0 } };
    const changed = { ...worse, definition: { ...worse.definition, method } };
    const xml = regressionJunit(judgeRuns(changed, reference, defaultRule), false);
    expect(xml).toContain('<testsuites tests="9" failures="3" errors="0" skipped="0">');
    expect(xml).toMatch(
      /name="accuracy\/final@1"><failure message="accuracy\/final@1 is worse: \d+\.\d+% in 6 runs/,
    );
    expect(xml).toContain('strength=0, in the reference strength=100');
    expect(xml).toContain(
      '<testcase classname="palimpsest.regress.split-mnist-class@1.ewc" name="kept bytes"/>',
    );
  });

  it('skips what cannot be told, unless that is a failure', () => {
    const regression = judgeRuns(sample(0.8, 1), sample(0.8, 3, 'small'), { ...defaultRule, detect: 0.01 });
    expect(regressionJunit(regression, false)).toContain('<skipped message="');
    expect(regressionJunit(regression, false)).toContain('failures="0"');
    expect(regressionJunit(regression, true)).toContain('failures="3"');
  });
});

describe('escapeXml', () => {
  it('leaves nothing that could end an attribute or an element', () => {
    expect(escapeXml('<a b="c">&\'\n')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;');
  });

  it('makes any text one that XML 1.0 can carry, and keeps what it can', () => {
    const forbidden = /[<>"'\n\r\t]|&(?!amp;|lt;|gt;|quot;|apos;|#\d+;)/;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeXml(text);
        expect(escaped).not.toMatch(forbidden);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be gone
        expect(escaped).not.toMatch(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/u);
      }),
      { numRuns: 2000 },
    );
    expect(escapeXml('größer 漢字 🙂')).toBe('größer 漢字 🙂');
    expect(escapeXml('a\u0000\ud800b')).toBe('a\ufffd\ufffdb');
  });
});
