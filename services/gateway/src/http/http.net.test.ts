import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { naughtyStrings } from '@clatter/wire/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Person, SmallPlatform } from '../test/small-platform.ts';
import { idOf } from '../test/test-gateway.ts';
import * as answers from './answers.ts';

let platform: SmallPlatform;
let alice: Person;
let bob: Person;
let carol: Person;
let webDir: string;

const HASHED = '_expo/static/js/web/entry-0123456789abcdef0123456789abcdef.js';

beforeAll(async () => {
  webDir = mkdtempSync(join(tmpdir(), 'clatter-web-'));
  writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Clatter</title>');
  mkdirSync(join(webDir, '_expo/static/js/web'), { recursive: true });
  writeFileSync(join(webDir, HASHED), 'console.log(1)');
  writeFileSync(join(webDir, 'favicon.ico'), 'icon');
  platform = await SmallPlatform.start({ CLATTER_WEB_DIR: webDir, CLATTER_ORIGINS: 'https://app.example' });
  [alice, bob, carol] = [await platform.person('alice'), await platform.person('bob'), await platform.person('carol')];
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  rmSync(webDir, { recursive: true });
});

const asAlice = (method: string, path: string, body?: unknown) => platform.http(method, path, body, alice.token);
const openDirect = async (): Promise<string> =>
  (await asAlice('POST', '/v1/conversations', { kind: 'direct', memberIds: [bob.userId] })).body.conversation
    .conversationId;
const openGroup = async (): Promise<string> =>
  (await asAlice('POST', '/v1/conversations', { kind: 'group', title: 'Group', memberIds: [bob.userId] })).body
    .conversation.conversationId;

/** Checks an answer against what the OpenAPI document says of it. */
const fits = (schema: z.ZodType, body: unknown): void => {
  const result = schema.safeParse(body);
  if (!result.success) throw new Error(`${z.prettifyError(result.error)}\n${JSON.stringify(body)}`);
};

describe('accounts and sessions', () => {
  const account = z.object({ user: answers.user, session: answers.session });

  test('registering and logging in answer with the person and a session', async () => {
    const made = await platform.http('POST', '/v1/accounts', {
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
    const login = await platform.http('POST', '/v1/sessions', { login: 'dave', password: 'correct horse' });
    expect(login.status).toBe(201);
    fits(account, login.body);
    const taken = await platform.http('POST', '/v1/accounts', { username: 'dave', password: 'correct horse' });
    expect([taken.status, taken.body.code]).toEqual([409, 'CONFLICT']);
  });

  test('a session is refreshed with the token, or with the cookie that its login set', async () => {
    const login = await platform.http('POST', '/v1/sessions', { login: 'alice', password: 'correct horse' });
    const cookie = login.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^clatter_refresh=[^;]+; Max-Age=\d+; Path=\/v1\/sessions; HttpOnly; SameSite=Strict$/);
    const byBody = await platform.http('POST', '/v1/sessions/refresh', {
      refreshToken: login.body.session.refreshToken,
    });
    fits(z.object({ session: answers.session }), byBody.body);
    expect(byBody.status).toBe(200);
    for (const headers of [{}, { 'content-type': 'application/json' }]) {
      const byCookie = await platform.http('POST', '/v1/sessions/refresh', undefined, undefined, {
        ...headers,
        cookie: cookie.split(';')[0] as string,
      });
      expect([byCookie.status, byCookie.body.session?.sessionId]).toEqual([200, login.body.session.sessionId]);
    }
    const without = await platform.http('POST', '/v1/sessions/refresh', {});
    expect([without.status, without.body.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('sessions are listed, ended one by one, and all at once', async () => {
    const { body } = await platform.http('POST', '/v1/accounts', { username: 'erin', password: 'correct horse' });
    const login = () => platform.http('POST', '/v1/sessions', { login: 'erin', password: 'correct horse' });
    const token: string = body.session.accessToken;
    const [second, third] = [(await login()).body.session, (await login()).body.session];
    const list = await platform.http('GET', '/v1/sessions', undefined, token);
    fits(answers.page(answers.sessionInfo), list.body);
    expect(list.body.items).toHaveLength(3);
    expect(list.body.items.filter(({ current }: { current: boolean }) => current)).toMatchObject([
      { sessionId: body.session.sessionId },
    ]);
    const end = (path: string, by = token) => platform.http('DELETE', `/v1/sessions${path}`, undefined, by);
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
    const changed = await asAlice('PATCH', '/v1/me', { displayName: 'Alice', bio: 'Über mich', avatarUrl: null });
    expect(changed.body.user).toMatchObject({ displayName: 'Alice', bio: 'Über mich' });
    const me = await asAlice('GET', '/v1/me');
    fits(z.object({ user: answers.user }), me.body);
    expect(me.body).toEqual(changed.body);
    const named = await asAlice('GET', `/v1/users?ids=${bob.userId},${carol.userId.toUpperCase()},${idOf(9)}`);
    fits(answers.page(answers.user), named.body);
    expect(named.body.items.map(({ userId }: { userId: string }) => userId).sort()).toEqual(
      [bob.userId, carol.userId].sort(),
    );
    for (const ids of ['x', `${bob.userId},`, Array(101).fill(bob.userId).join(',')])
      expect((await asAlice('GET', `/v1/users?ids=${ids}`)).body.code).toBe('INVALID');
    const found = await asAlice('GET', '/v1/users?query=bo&limit=&cursor=');
    fits(answers.page(answers.user), found.body);
    expect(found.body).toMatchObject({ items: [{ userId: bob.userId }], nextCursor: null });
    expect((await asAlice('GET', '/v1/users?limit=1')).body).toMatchObject({ nextCursor: 'more' });
    expect((await asAlice('GET', `/v1/users/${bob.userId.toUpperCase()}`)).body.user.username).toBe('bob');
    for (const id of [idOf(1), 'bob', '%00', '..']) expect((await asAlice('GET', `/v1/users/${id}`)).status).toBe(404);
  });

  test('a deleted account is let in no more', async () => {
    const frank = await platform.person('frank');
    const socket = await platform.hello(frank);
    expect((await platform.http('DELETE', '/v1/me', undefined, frank.token)).status).toBe(204);
    expect(await socket.close()).toMatchObject({ code: 4503 });
    expect((await platform.http('GET', '/v1/me', undefined, frank.token)).status).toBe(401);
  });
});

describe('conversations', () => {
  const one = z.object({ conversation: answers.conversation });

  test('a direct one is begun once, by whomever', async () => {
    const made = await platform.http(
      'POST',
      '/v1/conversations',
      { kind: 'direct', memberIds: [carol.userId.toUpperCase()] },
      alice.token,
    );
    expect(made.status).toBe(201);
    fits(one, made.body);
    expect(made.body.conversation).toMatchObject({ kind: 'direct', memberCount: 2, role: 'member', title: '' });
    for (const [other, token] of [
      [carol.userId, alice.token],
      [alice.userId, carol.token],
    ]) {
      const again = await platform.http('POST', '/v1/conversations', { kind: 'direct', memberIds: [other] }, token);
      expect([again.status, again.body.conversation.conversationId]).toEqual([
        200,
        made.body.conversation.conversationId,
      ]);
    }
    const alone = await asAlice('POST', '/v1/conversations', { kind: 'direct', memberIds: [alice.userId] });
    expect([alone.status, alone.body.conversation.memberCount]).toEqual([201, 1]);
  });

  test('a group is made once for its command id', async () => {
    const body = {
      kind: 'group',
      title: 'Plans',
      memberIds: [bob.userId, bob.userId],
      commandId: idOf(1).toUpperCase(),
    };
    const first = await asAlice('POST', '/v1/conversations', body);
    const again = await asAlice('POST', '/v1/conversations', body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(first.body.conversation).toMatchObject({ kind: 'group', title: 'Plans', memberCount: 2, role: 'owner' });
    const other = await asAlice('POST', '/v1/conversations', { ...body, commandId: undefined });
    expect(other.body.conversation.conversationId).not.toBe(first.body.conversation.conversationId);
  });

  test.each([
    ['no kind', { memberIds: [] }, 400, 'kind: '],
    ['a kind that is not made', { kind: 'channel', memberIds: [] }, 400, 'kind: '],
    ['two others in a direct one', { kind: 'direct', memberIds: [idOf(1), idOf(2)] }, 400, 'memberIds: '],
    ['nobody in a direct one', { kind: 'direct' }, 400, 'memberIds: '],
    ['what is no id', { kind: 'group', memberIds: ['bob'] }, 400, 'memberIds.0: want a UUID'],
    ['somebody who is not there', { kind: 'group', memberIds: [idOf(1)] }, 404, 'memberIds: '],
    ['a title with a control character', { kind: 'group', title: 'a\u0007', memberIds: [] }, 400, 'title: '],
    ['a title that is too long', { kind: 'group', title: 'x'.repeat(201), memberIds: [] }, 400, 'title: '],
    ['a bad command id', { kind: 'group', commandId: '1' }, 400, 'commandId: want a UUID'],
  ])('is not begun with %s', async (_, body, status, detail) => {
    const answer = await asAlice('POST', '/v1/conversations', body);
    expect([answer.status, answer.body.detail.slice(0, detail.length)]).toEqual([status, detail]);
  });

  test('its members see it in their list and by its id; for others it is not there', async () => {
    const conversationId = await openGroup();
    const path = `/v1/conversations/${conversationId}`;
    const own = await platform.http('GET', path, undefined, bob.token);
    fits(one, own.body);
    expect(own.body.conversation).toMatchObject({ conversationId, role: 'member' });
    const list = await platform.http('GET', '/v1/conversations?limit=50', undefined, bob.token);
    expect(list.body.nextCursor).toBeNull();
    for (const item of list.body.items) fits(answers.item, item);
    expect(
      list.body.items.map((item: { conversation: { conversationId: string } }) => item.conversation.conversationId),
    ).toContain(conversationId);
    const asCarol = (method: string, rest: string, body?: unknown) =>
      platform.http(method, path + rest, body, carol.token);
    for (const answer of [
      await asCarol('GET', ''),
      await asCarol('PATCH', '', { title: 'x' }),
      await asCarol('GET', '/members'),
      await asCarol('POST', '/members', { userIds: [carol.userId] }),
      await asCarol('PATCH', `/members/${carol.userId}`, { role: 'owner' }),
      await asCarol('DELETE', `/members/${bob.userId}`),
      await asCarol('GET', '/events'),
      await asCarol('POST', '/messages', { content: { text: { body: 'x' } } }),
      await platform.http('GET', '/v1/conversations/nothing', undefined, carol.token),
    ])
      expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test('it is renamed, and people are added, given roles and removed', async () => {
    const conversationId = await openGroup();
    const path = `/v1/conversations/${conversationId}`;
    const renamed = await asAlice('PATCH', path, { title: 'New', description: 'What for' });
    fits(one, renamed.body);
    expect(renamed.body.conversation).toMatchObject({ title: 'New', description: 'What for' });
    for (const nothing of [
      {},
      { settings: {} },
      { pictureUrl: 'javascript:alert(1)' },
      { settings: { sendRole: 'owner' } },
      { settings: { fullHistory: 'yes' } },
      { settings: { disappearAfterSeconds: 4 } },
      { settings: { disappearAfterSeconds: 1.5e9 } },
    ])
      expect((await asAlice('PATCH', path, nothing)).status).toBe(400);
    const picture = (pictureUrl: string) => asAlice('PATCH', path, { pictureUrl });
    expect((await picture('https://example.org/a.png')).body.conversation.pictureUrl).toBe('https://example.org/a.png');
    expect((await picture('')).body.conversation).not.toHaveProperty('pictureUrl');
    const both = {
      title: 'Newer',
      settings: { sendRole: 'admin', fullHistory: true, disappearAfterSeconds: 5 },
      commandId: idOf(88),
    };
    const changed = await asAlice('PATCH', path, both);
    fits(one, changed.body);
    expect(changed.body.conversation).toMatchObject({
      title: 'Newer',
      settings: { sendRole: 'admin', addRole: 'admin', fullHistory: true, disappearAfterSeconds: 5 },
    });
    const { body: page } = await asAlice('GET', `${path}/events`);
    // The same request again changes nothing.
    expect((await asAlice('PATCH', path, both)).body).toEqual(changed.body);
    expect((await asAlice('GET', `${path}/events`)).body).toEqual(page);
    const added = await asAlice('POST', `${path}/members`, { userIds: [carol.userId] });
    expect(added.status).toBe(200);
    fits(answers.change, added.body);
    expect((await asAlice('POST', `${path}/members`, { userIds: [idOf(5)] })).status).toBe(404);
    fits(answers.change, (await asAlice('PATCH', `${path}/members/${bob.userId}`, { role: 'admin' })).body);
    expect((await asAlice('PATCH', `${path}/members/${bob.userId}`, { role: 'king' })).status).toBe(400);
    const members = await asAlice('GET', `${path}/members`);
    fits(answers.page(answers.member), members.body);
    expect(members.body.items).toContainEqual({
      userId: bob.userId,
      role: 'admin',
      joinedSeq: '1',
      visibleFromSeq: '1',
    });
    const leave = () =>
      platform.http('DELETE', `${path}/members/${carol.userId}?commandId=${idOf(77)}`, undefined, carol.token);
    expect((await leave()).status).toBe(204);
    // The same command again: its answer may have been lost.
    expect((await leave()).status).toBe(204);
  });

  test('an invite lets in whoever has its token, which is told once and nowhere else', async () => {
    const conversationId = await openGroup();
    const path = `/v1/conversations/${conversationId}/invites`;
    const asCarol = (to: string, body?: unknown) => platform.http('POST', to, body, carol.token);
    const body = { expiresInSeconds: 3600, maxUses: 5, commandId: idOf(500) };
    const made = await asAlice('POST', path, body);
    expect(made.status).toBe(201);
    fits(z.object({ invite: answers.madeInvite }), made.body);
    const { token, url, inviteId, expiresAtMs } = made.body.invite;
    expect(token).toMatch(/^[A-Za-z0-9_-]{48}$/);
    expect(url).toBe(`http://127.0.0.1:${platform.gateway.port}/invite/${token}`);
    expect(Number(expiresAtMs)).toBeGreaterThan(3_600_000);
    // The same request again has the same answer; another one another token.
    expect((await asAlice('POST', path, body)).body).toEqual(made.body);
    const other = (await asAlice('POST', path, {})).body.invite;
    expect(other).toMatchObject({ expiresAtMs: '0', maxUses: 0 });
    expect(other.token).not.toBe(token);

    const list = await asAlice('GET', path);
    fits(answers.page(answers.invite), list.body);
    expect(list.body.items.map((item: { inviteId: string }) => item.inviteId)).toEqual([inviteId, other.inviteId]);
    const known = JSON.stringify([
      list.body,
      (await asAlice('GET', `/v1/conversations/${conversationId}/events`)).body,
    ]);
    for (const secret of [token, other.token]) expect(known).not.toContain(secret);

    for (const bad of ['x', inviteId, `${token}x`, token.slice(1), `${'A'.repeat(47)}B`, '%00'])
      expect([bad, (await asCarol(`/v1/invites/${bad}/join`)).status]).toEqual([bad, 404]);
    const preview = await platform.http('GET', `/v1/invites/${token}`, undefined, carol.token);
    fits(z.object({ invite: answers.invitePreview }), preview.body);
    expect(preview.body.invite.conversation).toMatchObject({ title: 'Group', memberCount: 2, role: 'none' });
    for (const bad of ['x', `${'A'.repeat(47)}B`])
      expect((await platform.http('GET', `/v1/invites/${bad}`, undefined, carol.token)).status).toBe(404);
    const joined = await asCarol(`/v1/invites/${token}/join`, { commandId: idOf(501) });
    expect(joined.status).toBe(200);
    fits(one, joined.body);
    expect(joined.body.conversation).toMatchObject({ conversationId, role: 'member', memberCount: 3 });
    // A member has what they came for.
    expect((await asCarol(`/v1/invites/${token}/join`)).body).toEqual(joined.body);

    for (const named of [token, other.inviteId]) expect((await asAlice('DELETE', `${path}/${named}`)).status).toBe(204);
    expect((await asAlice('DELETE', `${path}/nothing`)).status).toBe(404);
    expect((await asAlice('GET', path)).body.items).toEqual([]);
  });

  test.each([
    { expiresInSeconds: 0 },
    { expiresInSeconds: 1.5 },
    { expiresInSeconds: 1e9 },
    { maxUses: 0 },
    { maxUses: 1e9 },
  ])('an invite with %o is INVALID', async (body) => {
    const answer = await asAlice('POST', `/v1/conversations/${await openGroup()}/invites`, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID']);
  });

  test('whom a message was for, how far they got, and who reacted', async () => {
    const path = `/v1/conversations/${await openGroup()}/events`;
    const receipts = await asAlice('GET', `${path}/2/receipts?limit=500`);
    fits(answers.messageReceipts, receipts.body);
    expect(receipts.body).toEqual({
      items: [{ userId: bob.userId, status: 'read', deliveredSeq: '2', readSeq: '2' }],
      nextCursor: null,
      members: 1,
      delivered: 1,
      read: 1,
    });
    const reactions = await asAlice('GET', `${path}/2/reactions`);
    fits(answers.page(answers.givenReaction), reactions.body);
    expect(reactions.body.items[1]).toEqual({ emoji: '👍', userId: bob.userId });
    expect(reactions.body.nextCursor).toBe(`👍 ${alice.userId}`);
    for (const seq of ['0', '-1', 'x', '1.5', '9'.repeat(16), '%00'])
      expect([seq, (await asAlice('GET', `${path}/${seq}/receipts`)).status]).toEqual([seq, 404]);
    expect((await asAlice('GET', `${path}/2/receipts?limit=501`)).body.code).toBe('INVALID');
    expect((await platform.http('GET', `${path}/2/receipts`, undefined, carol.token)).status).toBe(404);
  });

  test('people are banned, listed and let in again', async () => {
    const path = `/v1/conversations/${await openGroup()}/bans`;
    fits(answers.change, (await asAlice('POST', path, { userId: carol.userId.toUpperCase() })).body);
    const list = await asAlice('GET', path);
    fits(answers.page(answers.banned), list.body);
    expect(list.body).toEqual({ items: [{ userId: carol.userId }], nextCursor: null });
    for (const body of [undefined, {}, { userId: 'carol' }, { userIds: [carol.userId] }])
      expect((await asAlice('POST', path, body)).status).toBe(400);
    const unban = () => asAlice('DELETE', `${path}/${carol.userId}?commandId=${idOf(99)}`);
    expect([(await unban()).status, (await unban()).status]).toEqual([204, 204]);
    expect((await asAlice('GET', path)).body.items).toEqual([]);
  });

  test('a message is sent and read', async () => {
    const conversationId = await openDirect();
    const path = `/v1/conversations/${conversationId}`;
    const live = await platform.hello(bob);
    const messageId = idOf(300);
    const body = { messageId: messageId.toUpperCase(), content: { text: { body: 'hi' } }, clientTimeMs: '5' };
    const sent = await asAlice('POST', `${path}/messages`, body);
    expect(sent.status).toBe(200);
    fits(answers.ack, sent.body);
    expect(sent.body).toMatchObject({ conversationId, messageId });
    expect((await asAlice('POST', `${path}/messages`, body)).body).toEqual(sent.body);
    expect((await live.frame((frame) => frame.event?.message)).event).toMatchObject({ seq: sent.body.seq });
    const events = await asAlice('GET', `${path}/events?limit=5`);
    fits(answers.events, events.body);
    expect(events.body.events.at(-1)).toMatchObject({ message: { messageId, content: { text: { body: 'hi' } } } });
    const without = await asAlice('POST', `${path}/messages`, { content: { text: { body: 'no id' } } });
    expect(without.body.messageId).toMatch(/^[0-9a-f-]{36}$/);
    live.raw.terminate();
  });

  test('texts come back exactly', async () => {
    const conversationId = await openDirect();
    const path = `/v1/conversations/${conversationId}`;
    for (const body of naughtyStrings) {
      const { body: ack } = await asAlice('POST', `${path}/messages`, { content: { text: { body } } });
      const { body: page } = await asAlice('GET', `${path}/events`);
      const event = page.events.find(({ seq }: { seq: string }) => seq === ack.seq);
      expect(event.message.content.text.body).toBe(body);
    }
  });

  test.each([
    ['no body', undefined, 'content: '],
    ['a list', [], 'body: want an object'],
    ['no content', { messageId: idOf(1) }, 'content: want a content'],
    ['an empty text', { content: { text: { body: '' } } }, 'content.text.body: '],
    ['a long text', { content: { text: { body: 'x'.repeat(16_385) } } }, 'content.text.body: '],
    ['U+0000', { content: { text: { body: 'a\0' } } }, 'content.text.body: '],
    ['an unpaired surrogate', { content: { text: { body: '\ud800' } } }, 'content.text.body: '],
    ['a wrong type', { content: { text: { body: 5 } } }, 'content.text.body: want a string, got 5'],
    ['a bad id', { messageId: 'x', content: { text: { body: 'x' } } }, 'messageId: want a UUID'],
  ])('a message with %s is INVALID', async (_, body, detail) => {
    const answer = await asAlice('POST', `/v1/conversations/${await openDirect()}/messages`, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID']);
    expect(answer.body.detail.slice(0, detail.length)).toBe(detail);
  });

  test('while the log takes nothing: 503 and when to try again', async () => {
    const conversationId = await openDirect();
    platform.logFaults.away = true;
    const answer = await asAlice('POST', `/v1/conversations/${conversationId}/messages`, {
      content: { text: { body: 'x' } },
    });
    platform.logFaults.away = false;
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
  });
});

describe('problems', () => {
  test('say nothing of the inside of a platform whose part is away', async () => {
    const { getConversation } = platform.messages.service;
    platform.messages.service.getConversation = () =>
      Promise.reject(
        new ClatterError('UNAVAILABLE', '/clatter.messages.v1.MessagesService: ECONNREFUSED 10.0.0.7:9443'),
      );
    const answer = await asAlice('GET', `/v1/conversations/${idOf(77)}`);
    platform.messages.service.getConversation = getConversation;
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    expect(JSON.stringify(answer.body)).not.toMatch(/10\.0\.0\.7|ECONN|MessagesService/);
  });

  test('have type, title, status, code, detail and instance', async () => {
    const answer = await platform.http('GET', '/v1/me');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    fits(answers.problem, answer.body);
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      title: 'UNAUTHENTICATED',
      status: 401,
      code: 'UNAUTHENTICATED',
      instance: expect.stringMatching(/^urn:request:/),
    });
  });

  test('tell an expired token from a bad one', async () => {
    const expired = await platform.http('GET', '/v1/me', undefined, await platform.sign(alice, -5));
    expect([expired.status, expired.body.code]).toEqual([401, 'TOKEN_EXPIRED']);
    for (const authorization of ['Bearer x', 'Bearer', 'Basic YTpi', `Bearer${alice.token}`]) {
      const bad = await platform.http('GET', '/v1/me', undefined, undefined, { authorization });
      expect([bad.status, bad.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  test.each([
    ['an unknown path', 'GET', '/v1/nothing', undefined, 404, 'NOT_FOUND'],
    ['an unknown method', 'PUT', '/v1/me', { a: 1 }, 404, 'NOT_FOUND'],
    ['a path that is none', 'GET', '/v1/%E0%A4%A', undefined, 400, 'INVALID'],
    ['no JSON', 'POST', '/v1/sessions', '{x', 400, 'INVALID'],
    ['no object', 'POST', '/v1/sessions', '5', 400, 'INVALID'],
    ['nothing', 'POST', '/v1/sessions', undefined, 400, 'INVALID'],
    ['a poisoned object', 'POST', '/v1/sessions', '{"__proto__":{"login":"a"}}', 400, 'INVALID'],
    ['a wrong field', 'POST', '/v1/sessions', { login: 5, password: 'x' }, 400, 'INVALID'],
    ['a wrong limit', 'GET', '/v1/users?limit=101', undefined, 400, 'INVALID'],
    ['a body of a megabyte', 'POST', '/v1/sessions', { login: 'x'.repeat(1 << 20), password: 'x' }, 413, 'TOO_LARGE'],
    ['wrong credentials', 'POST', '/v1/sessions', { login: 'alice', password: 'x' }, 401, 'UNAUTHENTICATED'],
    ['a plain request for the socket', 'GET', '/v1/ws', undefined, 400, 'INVALID'],
  ])('of %s', async (_, method, path, body, status, code) => {
    const answer = await platform.http(method, path, body, alice.token);
    expect([answer.status, answer.body.status, answer.body.code]).toEqual([status, status, code]);
    fits(answers.problem, answer.body);
  });

  test('of another content type says what is wanted', async () => {
    const answer = await platform.http('POST', '/v1/sessions', 'login=a', undefined, { 'content-type': 'text/plain' });
    expect([answer.status, answer.body.detail]).toEqual([400, 'content-type: want application/json']);
  });

  test('say when to try again', async () => {
    const answer = await platform.http('POST', '/v1/sessions', { login: 'busy', password: 'x' });
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([429, 'RATE_LIMITED', '62']);
  });

  test('of a bug show nothing of it', async () => {
    const answer = await platform.http('POST', '/v1/sessions', { login: 'broken', password: 'x' });
    expect([answer.status, answer.body.code]).toEqual([500, 'INTERNAL']);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  test.each([
    ['GARBAGE\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 413],
  ])('of what is no HTTP: %#', async (bytes, status) => {
    const socket = connect(platform.gateway.port, '127.0.0.1', () => socket.write(bytes));
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json.*"status":${status}`, 's'));
    socket.destroy();
  });
});

describe('what other programs read', () => {
  test('the OpenAPI document has every call of this server, with its answer', async () => {
    const { status, body } = await platform.http('GET', '/v1/openapi.json');
    expect(status).toBe(200);
    const calls = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(calls.sort()).toEqual(
      [
        'POST /v1/accounts',
        'POST /v1/sessions',
        'POST /v1/sessions/refresh',
        'GET /v1/sessions',
        'DELETE /v1/sessions/{id}',
        'DELETE /v1/sessions',
        'GET /v1/me',
        'PATCH /v1/me',
        'DELETE /v1/me',
        'GET /v1/users',
        'GET /v1/users/{id}',
        'POST /v1/conversations',
        'GET /v1/conversations',
        'GET /v1/conversations/{id}',
        'PATCH /v1/conversations/{id}',
        'GET /v1/conversations/{id}/members',
        'POST /v1/conversations/{id}/members',
        'PATCH /v1/conversations/{id}/members/{userId}',
        'DELETE /v1/conversations/{id}/members/{userId}',
        'GET /v1/conversations/{id}/invites',
        'POST /v1/conversations/{id}/invites',
        'DELETE /v1/conversations/{id}/invites/{token}',
        'GET /v1/invites/{token}',
        'POST /v1/invites/{token}/join',
        'GET /v1/conversations/{id}/bans',
        'POST /v1/conversations/{id}/bans',
        'DELETE /v1/conversations/{id}/bans/{userId}',
        'GET /v1/conversations/{id}/events',
        'GET /v1/conversations/{id}/events/{seq}/receipts',
        'GET /v1/conversations/{id}/events/{seq}/reactions',
        'POST /v1/conversations/{id}/messages',
      ].sort(),
    );
    const register = body.paths['/v1/accounts'].post;
    expect(register.requestBody.content['application/json'].schema.required).toEqual(['username', 'password']);
    expect(Object.keys(register.responses)).toEqual(['201', 'default']);
    expect(body.paths['/v1/me'].get.security).toEqual([{ bearer: [] }]);
    expect(JSON.stringify(body)).not.toContain('"$schema"');
  });

  test('the public keys', async () => {
    const { body, headers } = await platform.http('GET', '/.well-known/jwks.json');
    expect(body.keys).toMatchObject([{ kty: 'OKP', alg: 'EdDSA', kid: expect.any(String) }]);
    expect(JSON.stringify(body)).not.toContain('"d"');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });
});

describe('the web client', () => {
  test('its page opens at every path of its own', async () => {
    for (const path of ['/', '/login', `/chat/${idOf(1)}`, '/settings/profile?tab=1']) {
      const { status, headers, body } = await platform.http('GET', path);
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        expect.stringMatching(/^text\/html/),
        'no-cache',
      ]);
      expect(body).toContain('<title>Clatter</title>');
    }
  });

  test('files whose name has a hash are kept for ever, others are not', async () => {
    const entry = await platform.http('GET', `/${HASHED}`);
    expect([entry.status, entry.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(entry.headers.get('content-type')).toMatch(/javascript/);
    expect((await platform.http('GET', '/favicon.ico')).headers.get('cache-control')).toBe('no-cache');
  });

  test('what is not there is not there', async () => {
    for (const path of ['/missing.js', '/v1/missing', '/.well-known/missing', '/v1', '/_expo/../../x.js'])
      expect((await platform.http('GET', path)).status).toBe(404);
  });

  test('no path leads out of its folder', async () => {
    for (const path of ['/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd'])
      expect((await platform.http('GET', path)).body).toContain('<title>Clatter</title>');
  });

  test('pages cannot be framed, and run no scripts of others', async () => {
    const { headers } = await platform.http('GET', '/');
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });
});

describe('pages of other origins', () => {
  test('on the list may use the API', async () => {
    const origin = 'https://app.example';
    const preflight = await platform.http('OPTIONS', '/v1/me', undefined, undefined, {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const me = await platform.http('GET', '/v1/me', undefined, alice.token, { origin });
    expect([me.status, me.headers.get('access-control-allow-origin'), me.headers.get('vary')]).toEqual([
      200,
      origin,
      'origin',
    ]);
    const problem = await platform.http('GET', '/v1/me', undefined, undefined, { origin });
    expect([problem.status, problem.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });

  test('that are not may not', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    const preflight = await platform.http('OPTIONS', '/v1/me', undefined, undefined, headers);
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([404, null]);
    const me = await platform.http('GET', '/v1/me', undefined, alice.token, headers);
    expect(me.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('starting and stopping', () => {
  test('a taken port is one clear line', async () => {
    const port = String(platform.gateway.port);
    const failed = await SmallPlatform.start({ CLATTER_HTTP_PORT: port }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StartError);
    expect((failed as Error).message).toBe(`port ${port} on 127.0.0.1 is taken; set CLATTER_HTTP_PORT to a free one`);
  });

  test('behind TLS cookies are Secure, and pages of the public address open sockets', async () => {
    await using behind = await SmallPlatform.start({
      CLATTER_PUBLIC_URL: 'https://chat.example',
      CLATTER_TRUSTED_PROXIES: '127.0.0.1',
    });
    const made = await behind.http('POST', '/v1/accounts', { username: 'alice', password: 'correct horse' });
    expect(made.headers.get('set-cookie')).toMatch(/; Secure/);
    const socket = behind.socket({ origin: 'https://chat.example' });
    socket.send({ ref: 1, hello: { token: made.body.session.accessToken } });
    expect(await socket.answer(1)).toMatchObject({ welcome: {} });
  });

  test('without an exported client the root says what to do', async () => {
    await using bare = await SmallPlatform.start();
    const { status, body } = await bare.http('GET', '/');
    expect([status, body.code, body.detail]).toEqual([404, 'NOT_FOUND', expect.stringContaining('CLATTER_WEB_DIR')]);
  });

  test('a gateway that leaves answers what it took, and asks its sockets to go', async () => {
    const leaving = await SmallPlatform.start({ CLATTER_GATEWAY_DRAIN_MS: '600' });
    const person = await leaving.person('alice');
    await leaving.http('POST', '/v1/accounts', { username: 'slow', password: 'correct horse' });
    const [live, silent] = [await leaving.hello(person), leaving.socket()];
    await expect.poll(() => silent.raw.readyState).toBe(1);
    const { url } = leaving;
    const slow = leaving.http('POST', '/v1/sessions', { login: 'slow', password: 'correct horse' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = leaving[Symbol.asyncDispose]();
    expect(leaving.gateway.ready()).toEqual({ ok: false, reasons: ['the gateway takes no sockets'] });
    expect((await slow).status).toBe(201);
    expect(await silent.close()).toMatchObject({ code: 4000 });
    const { goAway } = await live.frame((frame) => frame.goAway);
    expect(await live.close()).toEqual({ code: 4000, reason: String(goAway.reconnectAfterMs) });
    await stopped;
    expect(leaving.presence.connections.size).toBe(0);
    await expect(fetch(`${url}/v1/me`)).rejects.toThrow();
  });
});
