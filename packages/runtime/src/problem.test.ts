import { ClatterError, type ErrorCode, errorKinds } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { asClatterError, forClient, toProblem } from './index.ts';

describe('toProblem', () => {
  it.each(Object.keys(errorKinds) as ErrorCode[])('makes an RFC 9457 problem of %s', (code) => {
    expect(toProblem(new ClatterError(code, 'what was wanted', { retryAfterMs: 0 }))).toEqual({
      type: 'about:blank',
      title: code,
      status: errorKinds[code].http,
      code,
      detail: code === 'UNAVAILABLE' || code === 'INTERNAL' ? expect.any(String) : 'what was wanted',
    });
  });

  it.each(['UNAVAILABLE', 'INTERNAL'] as const)('keeps the reason of %s for the log', (code) => {
    const reason = '/clatter.messages.v1.MessagesService/History: connect ECONNREFUSED 10.0.0.7:9443';
    const error = new ClatterError(code, reason, { retryAfterMs: 250 });
    expect(JSON.stringify(toProblem(error))).not.toMatch(/10\.0\.0\.7|clatter\.messages|ECONN/);
    expect(forClient(error)).toEqual({ code, message: toProblem(error).detail, retryAfterMs: 250 });
    expect(asClatterError(error).message).toBe(reason);
  });

  it('says when to try again', () => {
    expect(toProblem(new ClatterError('RATE_LIMITED', 'too fast', { retryAfterMs: 250 })).retryAfterMs).toBe(250);
    expect(toProblem(new ClatterError('UNAVAILABLE', 'away')).retryAfterMs).toBe(1000);
  });
});

describe('asClatterError', () => {
  it('passes on what may be shown', () => {
    const error = new ClatterError('CONFLICT', 'the name is taken');
    expect(asClatterError(error)).toBe(error);
  });

  it.each([new Error('row of alice: secret'), new TypeError('x is undefined'), 'a string', undefined, null, { a: 1 }])(
    'shows nothing of a bug: %s',
    (bug) => {
      const shown = asClatterError(bug);
      expect(shown).toMatchObject({ code: 'INTERNAL', retryAfterMs: 0, cause: bug });
      expect(JSON.stringify(toProblem(bug))).not.toMatch(/secret|undefined|string/);
    },
  );
});
