/** Conversations and their members over HTTP. */
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

describe('conversations', () => {
  const one = z.object({ conversation: answers.conversation });

  test('a direct one is begun once, by whomever', async () => {
    const made = await net.platform.http(
      'POST',
      '/v1/conversations',
      { kind: 'direct', memberIds: [net.carol.userId.toUpperCase()] },
      net.alice.token,
    );
    expect(made.status).toBe(201);
    fits(one, made.body);
    expect(made.body.conversation).toMatchObject({ kind: 'direct', memberCount: 2, role: 'member', title: '' });
    for (const [other, token] of [
      [net.carol.userId, net.alice.token],
      [net.alice.userId, net.carol.token],
    ]) {
      const again = await net.platform.http('POST', '/v1/conversations', { kind: 'direct', memberIds: [other] }, token);
      expect([again.status, again.body.conversation.conversationId]).toEqual([
        200,
        made.body.conversation.conversationId,
      ]);
    }
    const alone = await net.asAlice('POST', '/v1/conversations', { kind: 'direct', memberIds: [net.alice.userId] });
    expect([alone.status, alone.body.conversation.memberCount]).toEqual([201, 1]);
  });

  test('a group is made once for its command id', async () => {
    const body = {
      kind: 'group',
      title: 'Plans',
      memberIds: [net.bob.userId, net.bob.userId],
      commandId: idOf(1).toUpperCase(),
    };
    const first = await net.asAlice('POST', '/v1/conversations', body);
    const again = await net.asAlice('POST', '/v1/conversations', body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(first.body.conversation).toMatchObject({ kind: 'group', title: 'Plans', memberCount: 2, role: 'owner' });
    const other = await net.asAlice('POST', '/v1/conversations', { ...body, commandId: undefined });
    expect(other.body.conversation.conversationId).not.toBe(first.body.conversation.conversationId);
  });

  test.each([
    ['no kind', { memberIds: [] }, 400, 'kind: '],
    ['a kind that is not made', { kind: 'user', memberIds: [] }, 400, 'kind: '],
    ['two others in a direct one', { kind: 'direct', memberIds: [idOf(1), idOf(2)] }, 400, 'memberIds: '],
    ['nobody in a direct one', { kind: 'direct' }, 400, 'memberIds: '],
    ['what is no id', { kind: 'group', memberIds: ['bob'] }, 400, 'memberIds.0: want a UUID'],
    ['somebody who is not there', { kind: 'group', memberIds: [idOf(1)] }, 404, 'memberIds: '],
    ['a title with a control character', { kind: 'group', title: 'a\u0007', memberIds: [] }, 400, 'title: '],
    ['a title that is too long', { kind: 'group', title: 'x'.repeat(201), memberIds: [] }, 400, 'title: '],
    ['a bad command id', { kind: 'group', commandId: '1' }, 400, 'commandId: want a UUID'],
  ])('is not begun with %s', async (_, body, status, detail) => {
    const answer = await net.asAlice('POST', '/v1/conversations', body);
    expect([answer.status, answer.body.detail.slice(0, detail.length)]).toEqual([status, detail]);
  });

  test('its members see it in their list and by its id; for others it is not there', async () => {
    const conversationId = await net.openGroup();
    const path = `/v1/conversations/${conversationId}`;
    const own = await net.platform.http('GET', path, undefined, net.bob.token);
    fits(one, own.body);
    expect(own.body.conversation).toMatchObject({ conversationId, role: 'member' });
    const list = await net.platform.http('GET', '/v1/conversations?limit=50', undefined, net.bob.token);
    expect(list.body.nextCursor).toBeNull();
    for (const item of list.body.items) fits(answers.item, item);
    expect(
      list.body.items.map((item: { conversation: { conversationId: string } }) => item.conversation.conversationId),
    ).toContain(conversationId);
    const asCarol = (method: string, rest: string, body?: unknown) =>
      net.platform.http(method, path + rest, body, net.carol.token);
    for (const answer of [
      await asCarol('GET', ''),
      await asCarol('PATCH', '', { title: 'x' }),
      await asCarol('GET', '/members'),
      await asCarol('POST', '/members', { userIds: [net.carol.userId] }),
      await asCarol('PATCH', `/members/${net.carol.userId}`, { role: 'owner' }),
      await asCarol('DELETE', `/members/${net.bob.userId}`),
      await asCarol('GET', '/events'),
      await asCarol('POST', '/messages', { content: { text: { body: 'x' } } }),
      await net.platform.http('GET', '/v1/conversations/nothing', undefined, net.carol.token),
    ])
      expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test('it is renamed, and people are added, given roles and removed', async () => {
    const conversationId = await net.openGroup();
    const path = `/v1/conversations/${conversationId}`;
    const renamed = await net.asAlice('PATCH', path, { title: 'New', description: 'What for' });
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
      expect((await net.asAlice('PATCH', path, nothing)).status).toBe(400);
    const picture = (pictureUrl: string) => net.asAlice('PATCH', path, { pictureUrl });
    expect((await picture('https://example.org/a.png')).body.conversation.pictureUrl).toBe('https://example.org/a.png');
    expect((await picture('')).body.conversation).not.toHaveProperty('pictureUrl');
    const both = {
      title: 'Newer',
      settings: { sendRole: 'admin', fullHistory: true, disappearAfterSeconds: 5 },
      commandId: idOf(88),
    };
    const changed = await net.asAlice('PATCH', path, both);
    fits(one, changed.body);
    expect(changed.body.conversation).toMatchObject({
      title: 'Newer',
      settings: { sendRole: 'admin', addRole: 'admin', fullHistory: true, disappearAfterSeconds: 5 },
    });
    const pin = `${path}/pins/1?commandId=${idOf(89)}`;
    const pinned = await net.asAlice('PUT', pin);
    fits(answers.change, pinned.body);
    expect((await net.asAlice('PUT', pin)).body).toEqual(pinned.body);
    fits(answers.page(answers.pin), (await net.asAlice('GET', `${path}/pins`)).body);
    fits(answers.change, (await net.asAlice('DELETE', `${path}/pins/1`)).body);
    expect((await net.asAlice('PUT', `${path}/pins/none`)).status).toBe(404);
    const { body: page } = await net.asAlice('GET', `${path}/events`);
    // The same request again changes nothing.
    expect((await net.asAlice('PATCH', path, both)).body).toEqual(changed.body);
    expect((await net.asAlice('GET', `${path}/events`)).body).toEqual(page);
    const added = await net.asAlice('POST', `${path}/members`, { userIds: [net.carol.userId] });
    expect(added.status).toBe(200);
    fits(answers.change, added.body);
    expect((await net.asAlice('POST', `${path}/members`, { userIds: [idOf(5)] })).status).toBe(404);
    fits(answers.change, (await net.asAlice('PATCH', `${path}/members/${net.bob.userId}`, { role: 'admin' })).body);
    expect((await net.asAlice('PATCH', `${path}/members/${net.bob.userId}`, { role: 'king' })).status).toBe(400);
    const members = await net.asAlice('GET', `${path}/members`);
    fits(answers.page(answers.member), members.body);
    expect(members.body.items).toContainEqual({
      userId: net.bob.userId,
      role: 'admin',
      joinedSeq: '1',
      visibleFromSeq: '1',
    });
    const leave = () =>
      net.platform.http(
        'DELETE',
        `${path}/members/${net.carol.userId}?commandId=${idOf(77)}`,
        undefined,
        net.carol.token,
      );
    expect((await leave()).status).toBe(204);
    // The same command again: its answer may have been lost.
    expect((await leave()).status).toBe(204);
  });

  test('whom a message was for, how far they got, and who reacted', async () => {
    const path = `/v1/conversations/${await net.openGroup()}/events`;
    const receipts = await net.asAlice('GET', `${path}/2/receipts?limit=500`);
    fits(answers.messageReceipts, receipts.body);
    expect(receipts.body).toEqual({
      items: [{ userId: net.bob.userId, status: 'read', deliveredSeq: '2', readSeq: '2' }],
      nextCursor: null,
      members: 1,
      delivered: 1,
      read: 1,
    });
    const reactions = await net.asAlice('GET', `${path}/2/reactions`);
    fits(answers.page(answers.givenReaction), reactions.body);
    expect(reactions.body.items[1]).toEqual({ emoji: '👍', userId: net.bob.userId });
    expect(reactions.body.nextCursor).toBe(`👍 ${net.alice.userId}`);
    for (const seq of ['0', '-1', 'x', '1.5', '9'.repeat(16), '%00'])
      expect([seq, (await net.asAlice('GET', `${path}/${seq}/receipts`)).status]).toEqual([seq, 404]);
    expect((await net.asAlice('GET', `${path}/2/receipts?limit=501`)).body.code).toBe('INVALID');
    expect((await net.platform.http('GET', `${path}/2/receipts`, undefined, net.carol.token)).status).toBe(404);
  });

  test('people are banned, listed and let in again', async () => {
    const path = `/v1/conversations/${await net.openGroup()}/bans`;
    fits(answers.change, (await net.asAlice('POST', path, { userId: net.carol.userId.toUpperCase() })).body);
    const list = await net.asAlice('GET', path);
    fits(answers.page(answers.banned), list.body);
    expect(list.body).toEqual({ items: [{ userId: net.carol.userId }], nextCursor: null });
    for (const body of [undefined, {}, { userId: 'carol' }, { userIds: [net.carol.userId] }])
      expect((await net.asAlice('POST', path, body)).status).toBe(400);
    const unban = () => net.asAlice('DELETE', `${path}/${net.carol.userId}?commandId=${idOf(99)}`);
    expect([(await unban()).status, (await unban()).status]).toEqual([204, 204]);
    expect((await net.asAlice('GET', path)).body.items).toEqual([]);
  });
});
