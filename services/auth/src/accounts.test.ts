/** People: how they register, log in, are found, change and go. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthUnderTest, codeOf, PASSWORD } from './test/auth-under-test.ts';

const net = new AuthUnderTest();
beforeAll(() => net.start(), 180_000);
afterAll(() => net.end());

const register = (wanted: { username?: string; password?: string; email?: string; displayName?: string }) =>
  net.auth.register({ username: 'somebody', password: PASSWORD, ...wanted });

async function find(query: string, limit = 100): Promise<string[]> {
  const { items = [] } = await net.auth.searchUsers({ query, limit });
  return items.map((user) => user?.username ?? '');
}

describe('registration', () => {
  it('answers the account and a session', async () => {
    const { user, session } = await register({ username: 'Ada.Lovelace', displayName: ' Ada 🦊 ' });
    expect(user).toMatchObject({ username: 'Ada.Lovelace', displayName: 'Ada 🦊', bio: '', statusText: '' });
    expect(user?.userId).toMatch(/^[0-9a-f-]{14}7/);
    expect(user?.createdAtMs).toBe(net.clock.nowMs());
    expect(session).toMatchObject({ expiresIn: 600 });
    expect(session?.refreshToken).toMatch(/^[\w-]{43}$/);
    expect((await register({ username: 'plain' })).user?.displayName).toBe('plain');
  });

  it.each(['', 'ab', 'a'.repeat(33), 'with space', 'müller', 'a@b.c', 'a/b', 'tab\t1', 'nul\0', '🦊🦊🦊'])(
    'refuses the username %j',
    async (username) => {
      const refused = register({ username });
      await expect(refused).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringMatching(/^username: want/),
      });
    },
  );

  it.each(['admin', 'Support', 'CLATTER', 's.y.s.t.e.m', 'adm1n', 'adrnin', 'r00t', 'no-reply'])(
    'keeps the username %j for nobody, and says so',
    async (username) => {
      await expect(register({ username })).rejects.toMatchObject({
        code: 'INVALID',
        message: 'username: want another, this one is reserved',
      });
    },
  );

  it('takes a name that only has a reserved one in it', async () => {
    expect(await codeOf(register({ username: 'admiral-support' }))).toBe('none');
  });

  it('takes a username once, whatever its case, and whoever comes at the same time', async () => {
    const codes = await Promise.all(
      ['twice', 'Twice', 'TWICE', 'tWice', 'twicE'].map((username) => codeOf(register({ username }))),
    );
    expect(codes.sort()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT', 'none']);
  });

  it('wants passwords of 8 to 256 characters, says so, and never repeats one', async () => {
    for (const password of ['', '1234567', 'x'.repeat(257), '🦊'.repeat(7), `${'x'.repeat(10)}\ud800`]) {
      const error = await register({ username: 'pass', password }).catch((caught: Error) => caught);
      expect(error).toMatchObject({ code: 'INVALID', message: expect.stringMatching(/^password: want/) });
      if (password) expect((error as Error).message).not.toContain(password);
    }
    expect(await codeOf(register({ username: 'pass1', password: '🦊'.repeat(8) }))).toBe('none');
    const longest = '🦊'.repeat(256);
    expect(await codeOf(register({ username: 'pass2', password: longest }))).toBe('none');
    expect(await codeOf(net.login('pass2', longest))).toBe('none');
    expect(await codeOf(net.login('pass2', longest.slice(2)))).toBe('UNAUTHENTICATED');
  });

  it('does not attach an address that is taken, and does not say so', async () => {
    const first = await net.person('mail1', { email: 'Some.One@Example.org' });
    expect(await codeOf(register({ username: 'mail2', email: 'some.one@example.ORG' }))).toBe('none');
    const together = ['mail3', 'mail4', 'mail5'].map((username) => register({ username, email: 'new@example.org' }));
    expect(await Promise.all(together)).toHaveLength(3);
    expect((await net.login('SOME.ONE@example.org')).userId).toBe(first.userId);
    expect(await codeOf(register({ username: 'mail6', email: 'no address' }))).toBe('INVALID');
    expect(await codeOf(register({ username: 'mail6', email: 'nul\0@example.org' }))).toBe('INVALID');
  });

  it('leaves nothing behind where it is refused', async () => {
    expect(await codeOf(register({ username: 'refused', displayName: 'x'.repeat(65) }))).toBe('INVALID');
    expect(await codeOf(register({ username: 'refused', displayName: 'two\nlines' }))).toBe('INVALID');
    expect(await find('refused')).toEqual([]);
  });
});

describe('login', () => {
  it('is by username or address, in any case', async () => {
    const { userId } = await net.person('Grace', { email: 'grace@navy.example' });
    for (const login of ['grace', 'GRACE', ' Grace ', 'Grace@Navy.Example'])
      expect((await net.login(login)).userId).toBe(userId);
  });

  it('says the same of an unknown account and of a wrong password', async () => {
    await net.person('known');
    const errors = await Promise.all(
      ['known', 'unknown', 'unknown@example.org', '', 'nul\0', '\ud800', 'x'.repeat(10_000)].map((login) =>
        net.login(login, 'wrong horse').catch((error: Error) => error),
      ),
    );
    for (const error of errors)
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'login or password is wrong' });
  });
});

describe('limits', () => {
  it('let 10 guesses at an account fail, one after the other or all at once, by whichever of its names', async () => {
    await net.person('guessed', { email: 'guessed@example.org' });
    const codes = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        codeOf(net.login(index % 2 === 0 ? 'Guessed' : 'guessed@example.org', `wrong horse ${index}`)),
      ),
    );
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(10);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(20);
    const refused = await net.login('guessed').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'RATE_LIMITED' });
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(600_000);
  });

  it('hold for names that no account has, alike', async () => {
    const codes: string[] = [];
    for (let i = 0; i < 12; i++) codes.push(await codeOf(net.login('nobody.here')));
    expect(codes).toEqual([...Array(10).fill('UNAUTHENTICATED'), 'RATE_LIMITED', 'RATE_LIMITED']);
  });

  it('do not count logins that are right, and forget failures with one', async () => {
    await net.person('frequent');
    const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(net.login('frequent'))));
    expect(new Set(codes)).toEqual(new Set(['none']));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 9; i++) expect(await codeOf(net.login('frequent', 'wrong horse'))).toBe('UNAUTHENTICATED');
      expect(await codeOf(net.login('frequent'))).toBe('none');
    }
  });
});

describe('people', () => {
  it('are found by the beginning of a username or of each word of a name, whatever the case and the accents', async () => {
    await net.person('q.zoe', { displayName: 'Zoë  Quince' });
    await net.person('q.other', { displayName: 'Other Zoëtrope' });
    await net.person('q_100', { displayName: '100% Q\\' });
    expect(await find('q.')).toEqual(['q.other', 'q.zoe']);
    expect(await find('Q.Z')).toEqual(['q.zoe']);
    expect(await find('ZOE\u0308')).toEqual(['q.other', 'q.zoe']);
    expect(await find('quin zoë')).toEqual(['q.zoe']);
    expect(await find('uince')).toEqual([]);
    expect(await find('100%')).toEqual(['q_100']);
    expect(await find('q\\')).toEqual(['q_100']);
    expect(await find('q_')).toEqual(['q_100']);
    expect(await find('%')).toEqual([]);
    expect(await find('q%')).toEqual([]);
  });

  it('are listed page by page, each once', async () => {
    for (let i = 0; i < 25; i++) await net.person(`Page.${String((i * 7) % 25).padStart(2, '0')}`);
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined; ; pages++) {
      const page = await net.auth.searchUsers({ query: 'page', limit: 10, ...(cursor !== undefined && { cursor }) });
      seen.push(...(page.items ?? []).map((user) => user?.username ?? ''));
      cursor = page.nextCursor ?? undefined;
      if (cursor === undefined) break;
    }
    expect(pages).toBe(2);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `Page.${String(i).padStart(2, '0')}`));
    expect((await net.auth.searchUsers({ query: 'page' })).items).toHaveLength(20);
    expect((await net.auth.searchUsers({})).items).toHaveLength(20);
    expect(await codeOf(net.auth.searchUsers({ limit: 101 }))).toBe('INVALID');
    expect(await codeOf(net.auth.searchUsers({ query: 'nul\0' }))).toBe('INVALID');
    expect(await codeOf(net.auth.searchUsers({ cursor: '!! no cursor \0' }))).toBe('none');
  });

  it('are given by id; unknown ids and what is no id are left out', async () => {
    const { userId } = await net.person('byid');
    const { users = [] } = await net.auth.getUsers({
      userIds: [userId, userId, '01890000-0000-7000-8000-00000000000a', 'x', ''],
    });
    expect(users.map((user) => user?.userId)).toEqual([userId]);
    expect(await codeOf(net.auth.getUsers({ userIds: Array(501).fill(userId) }))).toBe('INVALID');
  });
});

describe('a profile', () => {
  it('changes in what is given, and others are told', async () => {
    const { userId } = await net.person('profile');
    const url = 'https://example.org/a.png';
    await net.auth.updateProfile({ userId, displayName: 'New Name', avatarUrl: url, bio: 'two\nlines' });
    const { user } = await net.auth.updateProfile({ userId, statusText: 'busy' });
    expect(user).toMatchObject({ displayName: 'New Name', avatarUrl: url, bio: 'two\nlines', statusText: 'busy' });
    expect(net.told.filter((record) => record.userId === userId).at(-1)?.profileChanged?.user).toEqual(user);
    expect((await net.auth.updateProfile({ userId, avatarUrl: '' })).user?.avatarUrl).toBeUndefined();
    expect(await find('new')).toEqual(['profile']);
  });

  it('is refused where it is no text that people can read', async () => {
    const { userId } = await net.person('refusals');
    for (const change of [
      { displayName: ' ' },
      { displayName: 'x'.repeat(65) },
      { displayName: 'a\0b' },
      { bio: 'x'.repeat(501) },
      { statusText: 'two\nlines' },
      { statusText: '\ud800' },
      { avatarUrl: 'javascript:alert(1)' },
      { avatarUrl: 'https://example.org/\0' },
    ])
      expect(await codeOf(net.auth.updateProfile({ userId, ...change }))).toBe('INVALID');
    const stranger = '01890000-0000-7000-8000-00000000000a';
    expect(await codeOf(net.auth.updateProfile({ userId: stranger, bio: '' }))).toBe('NOT_FOUND');
    expect(await codeOf(net.auth.updateProfile({ userId: 'nobody', bio: '' }))).toBe('INVALID');
  });
});

describe('a deleted account', () => {
  it('is a name that says so; its sessions have ended, its username and its address are free', async () => {
    const gone = await net.person('leaver', { email: 'leaver@example.org', displayName: 'Leaver' });
    await net.auth.deleteAccount(gone);
    expect(await codeOf(net.auth.deleteAccount(gone))).toBe('REAUTHENTICATION_REQUIRED');
    expect(net.told.filter((record) => record.userId === gone.userId && record.deleted)).toHaveLength(1);
    const { users = [] } = await net.auth.getUsers({ userIds: [gone.userId] });
    expect(users[0]).toMatchObject({ username: 'deleted', displayName: 'Deleted account' });
    expect(await net.auth.getUsers({ userIds: [gone.userId], living: true })).toEqual({ users: [] });
    expect(await find('leaver')).toEqual([]);
    expect(await codeOf(net.login('leaver'))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.login('deleted'))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.refresh(gone.refreshToken))).toBe('UNAUTHENTICATED');
    expect(await codeOf(net.auth.updateProfile({ userId: gone.userId, bio: 'back' }))).toBe('NOT_FOUND');
    const next = await net.person('Leaver', { email: 'leaver@example.org' });
    expect((await net.login('leaver@example.org')).userId).toBe(next.userId);
  });

  it('gets no session from a login that was under way', async () => {
    const { userId, sessionId } = await net.person('racer');
    const logins = Array.from({ length: 20 }, () => codeOf(net.login('racer')));
    await net.auth.deleteAccount({ userId, sessionId });
    await Promise.all(logins);
    expect((await net.auth.listSessions({ userId })).items).toEqual([]);
  });

  it('is told of only where there was one', async () => {
    const before = net.told.length;
    const nobody = { userId: '01890000-0000-7000-8000-00000000000a', sessionId: '' };
    expect(await codeOf(net.auth.deleteAccount(nobody))).toBe('REAUTHENTICATION_REQUIRED');
    expect(net.told).toHaveLength(before);
  });
});
