/** Invites over HTTP. */
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

describe('invites', () => {
  test('an invite lets in whoever has its token, which is told once and nowhere else', async () => {
    const conversationId = await net.openGroup();
    const path = `/v1/conversations/${conversationId}/invites`;
    const asCarol = (to: string, body?: unknown) => net.platform.http('POST', to, body, net.carol.token);
    const body = { expiresInSeconds: 3600, maxUses: 5, commandId: idOf(500) };
    const made = await net.asAlice('POST', path, body);
    expect(made.status).toBe(201);
    fits(z.object({ invite: answers.madeInvite }), made.body);
    const { token, url, inviteId, expiresAtMs } = made.body.invite;
    expect(token).toMatch(/^[A-Za-z0-9_-]{48}$/);
    expect(url).toBe(`http://127.0.0.1:${net.platform.gateway.port}/invite/${token}`);
    expect(Number(expiresAtMs)).toBeGreaterThan(3_600_000);
    // The same request again has the same answer; another one another token.
    expect((await net.asAlice('POST', path, body)).body).toEqual(made.body);
    const other = (await net.asAlice('POST', path, {})).body.invite;
    expect(other).toMatchObject({ expiresAtMs: '0', maxUses: 0 });
    expect(other.token).not.toBe(token);

    const list = await net.asAlice('GET', path);
    fits(answers.page(answers.invite), list.body);
    expect(list.body.items.map((item: { inviteId: string }) => item.inviteId)).toEqual([inviteId, other.inviteId]);
    const known = JSON.stringify([
      list.body,
      (await net.asAlice('GET', `/v1/conversations/${conversationId}/events`)).body,
    ]);
    for (const secret of [token, other.token]) expect(known).not.toContain(secret);

    for (const bad of ['x', inviteId, `${token}x`, token.slice(1), `${'A'.repeat(47)}B`, '%00'])
      expect([bad, (await asCarol(`/v1/invites/${bad}/join`)).status]).toEqual([bad, 404]);
    const preview = await net.platform.http('GET', `/v1/invites/${token}`, undefined, net.carol.token);
    fits(z.object({ invite: answers.invitePreview }), preview.body);
    expect(preview.body.invite.conversation).toMatchObject({ title: 'Group', memberCount: 2, role: 'none' });
    for (const bad of ['x', `${'A'.repeat(47)}B`])
      expect((await net.platform.http('GET', `/v1/invites/${bad}`, undefined, net.carol.token)).status).toBe(404);
    const joined = await asCarol(`/v1/invites/${token}/join`, { commandId: idOf(501) });
    expect(joined.status).toBe(200);
    fits(z.object({ conversation: answers.conversation }), joined.body);
    expect(joined.body.conversation).toMatchObject({ conversationId, role: 'member', memberCount: 3 });
    // A member has what they came for.
    expect((await asCarol(`/v1/invites/${token}/join`)).body).toEqual(joined.body);

    for (const named of [token, other.inviteId])
      expect((await net.asAlice('DELETE', `${path}/${named}`)).status).toBe(204);
    expect((await net.asAlice('DELETE', `${path}/nothing`)).status).toBe(404);
    expect((await net.asAlice('GET', path)).body.items).toEqual([]);
  });

  test.each([
    { expiresInSeconds: 0 },
    { expiresInSeconds: 1.5 },
    { expiresInSeconds: 1e9 },
    { maxUses: 0 },
    { maxUses: 1e9 },
  ])('an invite with %o is INVALID', async (body) => {
    const answer = await net.asAlice('POST', `/v1/conversations/${await net.openGroup()}/invites`, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID']);
  });
});
