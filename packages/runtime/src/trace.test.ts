import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { continueTrace, currentTraceparent, inTrace, newTraceparent, traceIdOf, traceparent } from './index.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const GIVEN = `00-${TRACE}-00f067aa0ba902b7-01`;

it('makes W3C traceparents that differ, over the edge of a pool too', () => {
  const made = Array.from({ length: 5000 }, () => newTraceparent());
  expect(new Set(made).size).toBe(5000);
  for (const one of made) expect(one).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(new Set(made.map((one) => one.slice(36))).size).toBe(5000);
});

describe('continueTrace', () => {
  it('keeps the trace and its sampling, as a span of its own', () => {
    for (const [given, flags] of [
      [GIVEN, '01'],
      [GIVEN.replace(/01$/, '00'), '00'],
      [GIVEN.replace(/01$/, 'ff'), '01'],
      [GIVEN.replace(/^00/, 'cc').concat('-what comes later'), '01'],
    ] as const) {
      const made = continueTrace(given);
      expect(made).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
      expect(made).not.toContain('00f067aa0ba902b7');
      expect(traceIdOf(made)).toBe(TRACE);
    }
  });

  it.each([
    undefined,
    '',
    TRACE,
    GIVEN.toUpperCase(),
    GIVEN.replace(/^00/, 'ff'),
    `${GIVEN}-more`,
    `${GIVEN} `,
    GIVEN.slice(0, -1),
    GIVEN.replace(TRACE, '0'.repeat(32)),
    GIVEN.replace('00f067aa0ba902b7', '0'.repeat(16)),
    GIVEN.replace('f', 'g'),
  ])('begins a new trace where %s is given', (given) => {
    const made = continueTrace(given);
    expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceIdOf(made)).not.toBe(TRACE);
  });
});

describe('inTrace', () => {
  it('holds for whatever is begun in it, and for nothing beside it', async () => {
    const seen = async (): Promise<string | undefined> => {
      await wait(1);
      return currentTraceparent();
    };
    const [one, two, none] = await Promise.all([inTrace('one', seen), inTrace('two', seen), seen()]);
    expect([one, two, none]).toEqual(['one', 'two', undefined]);
  });

  it('gives records and calls that trace, or else a new one', () => {
    expect(inTrace(GIVEN, traceparent)).toBe(GIVEN);
    expect(traceparent()).not.toBe(traceparent());
    expect(inTrace(undefined, currentTraceparent)).toMatch(/^00-[0-9a-f]{32}-/);
  });
});
