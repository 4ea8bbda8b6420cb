/** The audit log: what is written in it, who sees what, and that nothing of it changes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, systemClock } from '@clatter/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPglite } from './adapters/pglite-database.ts';
import { auditContract } from './audit.contract.ts';
import { AuthUnderTest, codeOf, PASSWORD } from './test/auth-under-test.ts';

auditContract('PGlite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-audit-'));
  const logger = createLogger({ service: 'test', level: 'silent' });
  const database = await openPglite(join(dir, 'database'), { clock: systemClock, logger });
  return {
    database,
    async end() {
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});

describe('what auth writes in the audit log', () => {
  const net = new AuthUnderTest();
  beforeAll(() => net.start(), 180_000);
  afterAll(() => net.end());

  const actionsOf = async (userId: string): Promise<string[]> => {
    const { items = [] } = await net.auth.listAudit({ userId, limit: 100 });
    return items.map(({ action = '' }) => action);
  };

  it('tells of logins, refused ones too, sessions that were ended, and changes, with where from', async () => {
    const address = '192.0.2.7';
    const { user, session } = await net.auth.register({ username: 'audited', password: PASSWORD, address });
    const userId = user?.userId ?? '';
    await codeOf(net.auth.login({ login: 'audited', password: 'wrong horse', address: '192.0.2.8' }));
    await codeOf(net.auth.login({ login: 'nobody.there', password: PASSWORD, address }));
    await net.auth.updateProfile({ userId, bio: 'private words', address });
    const other = await net.login('audited');
    await net.auth.revokeSessions({ userId, sessionId: other.sessionId, address });
    const { items = [] } = await net.auth.listAudit({ userId });
    expect(items).toMatchObject([
      { action: 'session.revoked', actor: { kind: 'person', id: userId }, target: other.sessionId, address },
      { action: 'login.succeeded', target: other.sessionId, address: '' },
      { action: 'profile.changed', target: '' },
      { action: 'login.failed', actor: { kind: 'nobody', id: '' }, address: '192.0.2.8' },
      { action: 'login.succeeded', target: session?.sessionId, address },
      { action: 'account.registered', actor: { kind: 'person', id: userId }, address, atMs: net.clock.nowMs() },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/horse|private/);
  });

  it('tells of the sessions that a new password ended', async () => {
    const { userId, sessionId } = await net.person('changed');
    await net.login('changed');
    await net.auth.changePassword({ userId, sessionId, password: 'another horse' });
    expect((await actionsOf(userId))[0]).toBe('sessions.revoked');
  });

  it('tells of a refresh token that comes again', async () => {
    const { userId, refreshToken, sessionId } = await net.person('reused');
    const second = await net.refresh(refreshToken);
    await net.refresh(second);
    await net.clock.advance(60_000);
    expect(await codeOf(net.auth.refresh({ refreshToken, address: '192.0.2.9' }))).toBe('UNAUTHENTICATED');
    const { items = [] } = await net.auth.listAudit({ userId, limit: 1 });
    expect(items).toMatchObject([{ action: 'refresh.reused', target: sessionId, address: '192.0.2.9' }]);
  });

  it('is read page by page, the own alone, and wants a cursor that it gave', async () => {
    const { userId } = await net.person('paged');
    for (let i = 0; i < 4; i++) await net.auth.updateProfile({ userId, bio: String(i) });
    const pages: string[][] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: Awaited<ReturnType<typeof net.auth.listAudit>> = await net.auth.listAudit({
        userId,
        limit: 4,
        cursor,
      });
      pages.push((page.items ?? []).map(({ action = '' }) => action));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([Array(4).fill('profile.changed'), ['login.succeeded', 'account.registered']]);
    for (const cursor of ['x', '-1', '0', '9'.repeat(30)])
      expect(await codeOf(net.auth.listAudit({ userId, cursor }))).toBe('INVALID');
    expect(await codeOf(net.auth.listAudit({ userId, limit: 101 }))).toBe('INVALID');
  });

  it('keeps what was done with an account that is erased, but no address', async () => {
    const { user, session } = await net.auth.register({ username: 'erased', password: PASSWORD, address: '192.0.2.1' });
    const userId = user?.userId ?? '';
    await net.auth.deleteAccount({ userId, sessionId: session?.sessionId ?? '' });
    expect(await actionsOf(userId)).toEqual(['account.deleted', 'login.succeeded', 'account.registered']);
    const { items = [] } = await net.auth.listAudit({ userId });
    expect(items.map(({ address }) => address)).toEqual(['', '', '']);
  });
});
