import { expect, test } from 'vitest';
import { ClatterError, closeKinds, comesBack, errorKinds } from './errors.ts';

test('every code has the HTTP status of the outside contract', () => {
  expect(Object.fromEntries(Object.entries(errorKinds).map(([code, { http }]) => [code, http]))).toEqual({
    INVALID: 400,
    WEAK_PASSWORD: 400,
    WRONG_CODE: 400,
    UNAUTHENTICATED: 401,
    TOKEN_EXPIRED: 401,
    MFA_REQUIRED: 401,
    REAUTHENTICATION_REQUIRED: 403,
    FORBIDDEN: 403,
    NOT_FOUND: 404,
    NOT_A_MEMBER: 404,
    CONFLICT: 409,
    TOO_LARGE: 413,
    RATE_LIMITED: 429,
    UNAVAILABLE: 503,
    INTERNAL: 500,
  });
});

test('what may succeed later says when, and nothing else does', () => {
  for (const [code, { retry }] of Object.entries(errorKinds))
    expect(new ClatterError(code as keyof typeof errorKinds, '').retryAfterMs > 0).toBe(retry);
  expect(new ClatterError('UNAVAILABLE', '', { retryAfterMs: 250 }).retryAfterMs).toBe(250);
});

test('close codes below 4500 bring a client back, the others do not', () => {
  for (const code of Object.keys(closeKinds).map(Number)) expect(comesBack(code)).toBe(code < 4500);
  for (const code of [1002, 1003, 1007, 1009]) expect(comesBack(code)).toBe(false);
  for (const code of [1000, 1001, 1005, 1006, 1011, 1012]) expect(comesBack(code)).toBe(true);
});
