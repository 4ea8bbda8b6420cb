/** Accounts and sessions over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fits, HttpNet } from '../test/http-net.ts';
import { idOf } from '../test/test-gateway.ts';
import * as answers from './answers.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('accounts and sessions', () => {
  const account = z.object({ user: answers.user, session: answers.session });

  test('registering and logging in answer with the person and a session', async () => {
    const made = await net.platform.http('POST', '/v1/accounts', {
      username: 'dave',
      password: 'correct horse',
      displayName: 'Dave 🎉',
      email: null,
      device: { name: 'phone', platform: 'ios' },
    });
    expect(made.status).toBe(201);
    fits(account, made.body);
    expect(made.body.user).toMatchObject({ username: 'dave', displayName: 'Dave 🎉', createdAtMs: '0' });
    expect(made.headers.get('cache-control')).toBe('no-store');
    const login = await net.platform.http('POST', '/v1/sessions', { login: 'dave', password: 'correct horse' });
    expect(login.status).toBe(201);
    fits(account, login.body);
    const taken = await net.platform.http('POST', '/v1/accounts', { username: 'dave', password: 'correct horse' });
    expect([taken.status, taken.body.code]).toEqual([409, 'CONFLICT']);
  });

  test('a session is refreshed with the token, or with the cookie that its login set', async () => {
    const login = await net.platform.http('POST', '/v1/sessions', { login: 'alice', password: 'correct horse' });
    const cookie = login.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^clatter_refresh=[^;]+; Max-Age=\d+; Path=\/v1\/sessions; HttpOnly; SameSite=Strict$/);
    const byBody = await net.platform.http('POST', '/v1/sessions/refresh', {
      refreshToken: login.body.session.refreshToken,
    });
    fits(z.object({ session: answers.session }), byBody.body);
    expect(byBody.status).toBe(200);
    for (const headers of [{}, { 'content-type': 'application/json' }]) {
      const byCookie = await net.platform.http('POST', '/v1/sessions/refresh', undefined, undefined, {
        ...headers,
        cookie: cookie.split(';')[0] as string,
      });
      expect([byCookie.status, byCookie.body.session?.sessionId]).toEqual([200, login.body.session.sessionId]);
    }
    const without = await net.platform.http('POST', '/v1/sessions/refresh', {});
    expect([without.status, without.body.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('sessions are listed, ended one by one, and all at once', async () => {
    const { body } = await net.platform.http('POST', '/v1/accounts', { username: 'erin', password: 'correct horse' });
    const login = () => net.platform.http('POST', '/v1/sessions', { login: 'erin', password: 'correct horse' });
    const token: string = body.session.accessToken;
    const [second, third] = [(await login()).body.session, (await login()).body.session];
    const list = await net.platform.http('GET', '/v1/sessions', undefined, token);
    fits(answers.page(answers.sessionInfo), list.body);
    expect(list.body.items).toHaveLength(3);
    expect(list.body.items.filter(({ current }: { current: boolean }) => current)).toMatchObject([
      { sessionId: body.session.sessionId },
    ]);
    const end = (path: string, by = token) => net.platform.http('DELETE', `/v1/sessions${path}`, undefined, by);
    expect((await end(`/${second.sessionId.toUpperCase()}`)).status).toBe(204);
    expect((await end(`/${second.sessionId}`)).status).toBe(404);
    expect((await end('/nothing')).status).toBe(404);
    await expect.poll(async () => (await end('/current', second.accessToken)).status).toBe(401);
    const own = await end('/current', third.accessToken);
    expect([own.status, own.headers.get('set-cookie')]).toEqual([204, expect.stringMatching(/^clatter_refresh=;/)]);
    expect((await end('')).status).toBe(204);
    await expect.poll(async () => (await end('')).status).toBe(401);
  });

  test('the own profile is shown and changed, other people are found', async () => {
    const changed = await net.asAlice('PATCH', '/v1/me', { displayName: 'Alice', bio: 'Über mich', avatarUrl: null });
    expect(changed.body.user).toMatchObject({ displayName: 'Alice', bio: 'Über mich' });
    const me = await net.asAlice('GET', '/v1/me');
    fits(z.object({ user: answers.user }), me.body);
    expect(me.body).toEqual(changed.body);
    const named = await net.asAlice(
      'GET',
      `/v1/users?ids=${net.bob.userId},${net.carol.userId.toUpperCase()},${idOf(9)}`,
    );
    fits(answers.page(answers.user), named.body);
    expect(named.body.items.map(({ userId }: { userId: string }) => userId).sort()).toEqual(
      [net.bob.userId, net.carol.userId].sort(),
    );
    for (const ids of ['x', `${net.bob.userId},`, Array(101).fill(net.bob.userId).join(',')])
      expect((await net.asAlice('GET', `/v1/users?ids=${ids}`)).body.code).toBe('INVALID');
    const found = await net.asAlice('GET', '/v1/users?query=bo&limit=&cursor=');
    fits(answers.page(answers.user), found.body);
    expect(found.body).toMatchObject({ items: [{ userId: net.bob.userId }], nextCursor: null });
    expect((await net.asAlice('GET', '/v1/users?limit=1')).body).toMatchObject({ nextCursor: 'more' });
    expect((await net.asAlice('GET', `/v1/users/${net.bob.userId.toUpperCase()}`)).body.user.username).toBe('bob');
    for (const id of [idOf(1), 'bob', '%00', '..'])
      expect((await net.asAlice('GET', `/v1/users/${id}`)).status).toBe(404);
  });

  test('a deleted account is let in no more', async () => {
    const frank = await net.platform.person('frank');
    const socket = await net.platform.hello(frank);
    expect((await net.platform.http('DELETE', '/v1/me', undefined, frank.token)).status).toBe(204);
    expect(await socket.close()).toMatchObject({ code: 4503 });
    expect((await net.platform.http('GET', '/v1/me', undefined, frank.token)).status).toBe(401);
  });
});
