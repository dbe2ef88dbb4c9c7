import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { EventLog, readEvents } from '../../harness/record/events.ts';
import { temporaryFolder } from './fixtures.ts';

describe('the log of events', () => {
  it('gives each event its time and writes what JSON lacks as text', () => {
    const path = join(temporaryFolder(), 'events.jsonl');
    const log = new EventLog(path);
    log.append({ kind: 'loss', value: Number.NaN });
    log.close();
    expect(readEvents(path)).toEqual([
      { time: expect.stringMatching(/^\d{4}-.*Z$/), kind: 'loss', value: 'NaN' },
    ]);
  });

  it('drops what a crash cut short, wherever the cut was, and continues', () => {
    const path = join(temporaryFolder(), 'events.jsonl');
    const whole = ['one', 'zwei €', 'three']
      .map((kind) => `${JSON.stringify({ time: 't', kind })}\n`)
      .join('');
    const bytes = Buffer.from(whole);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (length) => {
        writeFileSync(path, bytes.subarray(0, length));
        const before = readEvents(path).length;
        const log = new EventLog(path);
        log.append({ kind: 'again' });
        log.close();
        const after = readEvents(path);
        expect(after).toHaveLength(before + 1);
        expect(after.at(-1)?.kind).toBe('again');
        for (const line of readFileSync(path, 'utf8').trimEnd().split('\n'))
          expect(() => JSON.parse(line)).not.toThrow();
      }),
    );
  });

  it('finds the last newline across a long cut line', () => {
    const path = join(temporaryFolder(), 'events.jsonl');
    writeFileSync(path, `{"time":"t","kind":"one"}\n${'x'.repeat(200_000)}`);
    new EventLog(path).close();
    expect(readFileSync(path, 'utf8')).toBe('{"time":"t","kind":"one"}\n');
  });

  it.runIf(process.platform === 'linux')('says that the disk is full', () => {
    const path = join(temporaryFolder(), 'events.jsonl');
    symlinkSync('/dev/full', path);
    const log = new EventLog(path);
    expect(() => log.append({ kind: 'loss' })).toThrow(UserError);
    expect(() => log.append({ kind: 'loss' })).toThrow('the disk is full');
    log.close();
  });
});
