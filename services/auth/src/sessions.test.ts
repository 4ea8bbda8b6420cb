/** Sessions: their tokens, how they end, and who is told. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthUnderTest, codeOf, PASSWORD, type Person } from './test/auth-under-test.ts';

const DAY_MS = 86_400_000;
const net = new AuthUnderTest();
beforeAll(() => net.start(), 180_000);
afterAll(() => net.end());

const sessionsOf = async ({ userId }: Person): Promise<string[]> =>
  ((await net.auth.listSessions({ userId })).items ?? []).map((item) => item?.sessionId ?? '');
const endedOf = ({ userId }: Person): string[][] =>
  net.told.filter((record) => record.userId === userId).map((record) => record.sessionsRevoked?.sessionIds ?? []);

describe('a refresh', () => {
  it('gives a new pair for the same session', async () => {
    const person = await net.person('fresh');
    await net.clock.advance(60_000);
    const { session } = await net.auth.refresh({ refreshToken: person.refreshToken });
    expect(session).toMatchObject({ sessionId: person.sessionId, expiresIn: 600 });
    expect(session?.refreshToken).not.toBe(person.refreshToken);
    const [item] = (await net.auth.listSessions({ userId: person.userId })).items ?? [];
    expect(item).toMatchObject({ createdAtMs: net.clock.nowMs() - 60_000, lastUsedAtMs: net.clock.nowMs() });
  });

  it('gives 50 copies of one request the same pair: one lineage', async () => {
    const { refreshToken } = await net.person('fifty');
    const tokens = new Set(await Promise.all(Array.from({ length: 50 }, () => net.refresh(refreshToken))));
    expect(tokens.size).toBe(1);
    const [second = ''] = tokens;
    const third = new Set(await Promise.all(Array.from({ length: 50 }, () => net.refresh(second))));
    expect(third.size).toBe(1);
  });

  it('answers a token that was used a moment ago with the same pair, and ends the session when its successor was used', async () => {
    const person = await net.person('reused');
    const other = await net.login('reused');
    const second = await net.refresh(person.refreshToken);
    await net.clock.advance(10_000);
    expect(await net.refresh(person.refreshToken)).toBe(second);
    const third = await net.refresh(second);
    await net.clock.advance(1);
    expect(await codeOf(net.refresh(person.refreshToken))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.refresh(third))).toBe('UNAUTHENTICATED');
    expect(endedOf(person)).toEqual([[person.sessionId]]);
    expect(await sessionsOf(person)).toEqual([other.sessionId]);
    expect(await codeOf(net.refresh(other.refreshToken))).toBe('none');
  });

  it('goes on, however late, where its answer was lost', async () => {
    const person = await net.person('tunnel');
    let { refreshToken } = person;
    for (const lateMs of [10_001, 600_000, 8 * DAY_MS]) {
      const lost = await net.refresh(refreshToken);
      await net.clock.advance(lateMs);
      const copies = await Promise.all(Array.from({ length: 5 }, () => net.refresh(refreshToken)));
      expect(new Set(copies).size).toBe(1);
      expect(copies[0]).not.toBe(lost);
      refreshToken = copies[0] as string;
    }
    // Two answers in a row may be lost.
    for (let i = 0; i < 2; i++) {
      await net.refresh(refreshToken);
      await net.clock.advance(60_000);
    }
    expect(await codeOf(net.refresh(await net.refresh(refreshToken)))).toBe('none');
    expect(await sessionsOf(person)).toEqual([person.sessionId]);
    expect(endedOf(person)).toEqual([]);
  });

  it('ends the session of a token in two hands, whichever of them is quicker', async () => {
    for (const [name, isThiefLate] of [
      ['robbed', true],
      ['overtaken', false],
    ] as const) {
      const person = await net.person(name);
      const first = await net.refresh(person.refreshToken);
      await net.clock.advance(60_000);
      const second = await net.refresh(person.refreshToken);
      // Both hold a token that looks new. The one with the replaced token shows by using it that its answer was not lost.
      if (isThiefLate) expect(await codeOf(net.refresh(second))).toBe('none');
      expect(await codeOf(net.refresh(first))).toBe('UNAUTHENTICATED');
      expect(await codeOf(net.refresh(second))).toBe('UNAUTHENTICATED');
      expect(endedOf(person)).toEqual([[person.sessionId]]);
    }
  });

  it('ends the session for any token of its line, not only for the last but one', async () => {
    const person = await net.person('oldest');
    let token = person.refreshToken;
    for (let i = 0; i < 5; i++) {
      token = await net.refresh(token);
      await net.clock.advance(600_000);
    }
    expect(await codeOf(net.refresh(person.refreshToken))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.refresh(token))).toBe('UNAUTHENTICATED');
    expect(await sessionsOf(person)).toEqual([]);
  });

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(44), `${'A'.repeat(42)}\0`, "' OR 1=1 --"])(
    'refuses %j',
    async (token) => {
      expect(await codeOf(net.refresh(token))).toBe('UNAUTHENTICATED');
    },
  );

  it('is refused after 60 days without use, and the session is listed no more', async () => {
    const person = await net.person('sleeper');
    const awake = await net.login('sleeper');
    await net.clock.advance(59 * DAY_MS);
    const next = await net.refresh(awake.refreshToken);
    await net.clock.advance(2 * DAY_MS);
    expect(await codeOf(net.refresh(person.refreshToken))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.refresh(next))).toBe('none');
    expect(await sessionsOf(person)).toEqual([awake.sessionId]);
  });
});

describe('ending sessions', () => {
  it("ends one or all of a person, nobody else's, and tells it", async () => {
    const person = await net.person('ender');
    const [second, third] = [await net.login('ender'), await net.login('ender')];
    const stranger = await net.person('stranger');
    const { userId } = person;
    expect(await net.auth.revokeSessions({ userId, sessionId: stranger.sessionId })).toEqual({ revoked: 0 });
    expect(await net.auth.revokeSessions({ userId, sessionId: 'nonsense' })).toEqual({ revoked: 0 });
    expect(await net.auth.revokeSessions({ userId, sessionId: second.sessionId })).toEqual({ revoked: 1 });
    expect(endedOf(person)).toEqual([[second.sessionId]]);
    expect(await codeOf(net.refresh(second.refreshToken))).toBe('UNAUTHENTICATED');
    expect(await net.auth.revokeSessions({ userId })).toEqual({ revoked: 2 });
    expect(endedOf(person)[1]?.sort()).toEqual([person.sessionId, third.sessionId].sort());
    expect(await net.auth.revokeSessions({ userId })).toEqual({ revoked: 0 });
    expect(endedOf(person)).toHaveLength(2);
    expect(await codeOf(net.refresh(stranger.refreshToken))).toBe('none');
  });

  it('lists newest first, with the labels of the devices, cut', async () => {
    const person = await net.person('devices');
    await net.auth.login({
      login: 'devices',
      password: PASSWORD,
      device: { name: `🦊\0${'x'.repeat(200)}`, platform: 'web' },
    });
    const { items = [] } = await net.auth.listSessions({ userId: person.userId });
    expect(items.map((item) => item?.device)).toEqual([
      { name: `🦊${'x'.repeat(99)}`, platform: 'web' },
      { name: '', platform: '' },
    ]);
  });

  it('answers when it is in the log, and tells the rest after a restart', async () => {
    const person = await net.person('patient');
    const { userId } = person;
    net.faults.away = true;
    let answered = false;
    const revoked = net.auth.revokeSessions({ userId }).then(() => {
      answered = true;
    });
    for (let i = 0; i < 20; i++) await net.clock.advance(1000);
    expect(answered).toBe(false);
    expect(endedOf(person)).toEqual([]);
    net.faults.away = false;
    while (!answered) await net.clock.advance(1000);
    await revoked;
    expect(endedOf(person)).toEqual([[person.sessionId]]);

    const again = await net.login('patient');
    net.faults.away = true;
    const waiting = net.auth.revokeSessions({ userId });
    while ((await sessionsOf(person)).length > 0);
    await net.stop();
    await waiting.catch(() => undefined);
    net.faults.away = false;
    await net.start();
    while (endedOf(person).length < 2) await net.clock.advance(100);
    expect(endedOf(person)[1]).toEqual([again.sessionId]);
  }, 60_000);
});

describe('at rest', () => {
  it('no password, refresh token or private key lies in the data folder as it is', async () => {
    const person = await net.person('secretive');
    const next = await net.refresh(person.refreshToken);
    await net.stop();
    const files = readdirSync(net.dataDir, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(net.dataDir, name),
    );
    const bytes = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file));
    const holds = (text: string): boolean => bytes.some((content) => content.includes(text));
    expect(holds('secretive')).toBe(true);
    for (const secret of [PASSWORD, person.refreshToken, next, person.accessToken, 'PRIVATE KEY', '"d":'])
      expect(holds(secret)).toBe(false);
    expect(statSync(join(net.dataDir, 'auth', 'key.secret')).mode & 0o777).toBe(0o600);
    expect(statSync(join(net.dataDir, 'auth', 'database')).mode & 0o077).toBe(0);
    await net.start();
    expect(await codeOf(net.refresh(next))).toBe('none');
  }, 60_000);
});
