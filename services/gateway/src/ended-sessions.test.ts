import { ManualClock } from '@clatter/runtime/testing';
import { expect, test } from 'vitest';
import { EndedSessions } from './ended-sessions.ts';
import { idOf } from './test/test-gateway.ts';
import type { Identity } from './tokens.ts';

const identity = (change: Partial<Identity> = {}): Identity => ({
  userId: idOf(1),
  sessionId: idOf(2),
  issuedAtMs: 1_000_000,
  expiresAtMs: 2_000_000,
  mayChat: true,
  ...change,
});

test('a session ends for all its tokens, and for no other session', () => {
  const ended = new EndedSessions(new ManualClock());
  const meant = ended.take({ userId: idOf(1), atMs: 0, sessionsRevoked: { sessionIds: [idOf(2)] } });
  expect(meant?.(identity())).toBe(true);
  expect(ended.has(identity({ issuedAtMs: 9_000_000 }))).toBe(true);
  expect(ended.has(identity({ sessionId: idOf(3) }))).toBe(false);
});

test('all sessions end for the tokens from before; a login afterwards is good', () => {
  const ended = new EndedSessions(new ManualClock());
  ended.take({ userId: idOf(1), atMs: 1_005_500, sessionsRevoked: { sessionIds: [] } });
  expect(ended.has(identity())).toBe(true);
  expect(ended.has(identity({ issuedAtMs: 1_005_000 }))).toBe(false);
  expect(ended.has(identity({ userId: idOf(9) }))).toBe(false);
});

test('an account ends for good', () => {
  const ended = new EndedSessions(new ManualClock());
  ended.take({ userId: idOf(1), atMs: 0, deleted: {} });
  expect(ended.has(identity({ issuedAtMs: Number.MAX_SAFE_INTEGER }))).toBe(true);
});

test('a changed profile ends nothing, nor does what a later version writes', () => {
  const ended = new EndedSessions(new ManualClock());
  expect(ended.take({ userId: idOf(1), atMs: 0, profileChanged: {} })).toBeUndefined();
  expect(ended.take({ userId: idOf(1), atMs: 0 })).toBeUndefined();
  expect(ended.has(identity())).toBe(false);
});

test('an end is forgotten when no token of it can be left', async () => {
  const clock = new ManualClock();
  const ended = new EndedSessions(clock);
  ended.take({ userId: idOf(1), atMs: 0, sessionsRevoked: { sessionIds: [idOf(2)] } });
  await clock.advance(19 * 60_000);
  ended.take({ userId: idOf(5), atMs: 0, deleted: {} });
  expect(ended.has(identity())).toBe(true);
  await clock.advance(2 * 60_000);
  ended.take({ userId: idOf(6), atMs: 0, deleted: {} });
  expect(ended.has(identity())).toBe(false);
  expect(ended.has(identity({ userId: idOf(5) }))).toBe(true);
});
