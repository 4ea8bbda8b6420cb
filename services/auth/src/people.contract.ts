/** People to each other: blocks, what they show and allow, contacts, reports, consents. The same on both databases. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthUnderTest, codeOf } from './test/auth-under-test.ts';

/** @param env the settings of auth that choose its database */
export function peopleContract(env: () => Readonly<Record<string, string>>): void {
  const net = new AuthUnderTest();
  beforeAll(() => net.start(env()), 180_000);
  afterAll(() => net.end());

  const STRANGER = '01890000-0000-7000-8000-00000000000a';

  let pairs = 0;
  /** Two people whom no other test knows. */
  async function two(): Promise<[alice: string, bob: string]> {
    const number = pairs++;
    const [alice, bob] = await Promise.all([net.person(`alice-${number}`), net.person(`bob-${number}`)]);
    return [alice.userId, bob.userId];
  }

  async function relation(viewerId: string, userId: string) {
    const { relations = [] } = await net.people.getRelations({ viewerId, userIds: [userId, STRANGER, 'x'] });
    expect(relations.length).toBeLessThanOrEqual(1);
    return relations[0];
  }

  async function seen(viewerId: string, userId: string) {
    const { users = [] } = await net.auth.getUsers({ viewerId, userIds: [userId] });
    const { displayName, avatarUrl, bio, statusText } = users[0] ?? {};
    return { displayName, avatarUrl, bio, statusText };
  }

  async function dressed(userId: string) {
    const profile = { avatarUrl: 'https://example.org/a.png', bio: 'a bio', statusText: 'busy' };
    await net.auth.updateProfile({ userId, displayName: 'Somebody', ...profile });
    return { displayName: 'Somebody', ...profile };
  }

  const BARE = { displayName: 'Somebody', avatarUrl: undefined, bio: '', statusText: '' };
  const names = async (viewerId: string, query: string): Promise<string[]> =>
    ((await net.auth.searchUsers({ viewerId, query })).items ?? []).map((user) => user?.userId ?? '');

  describe('a block', () => {
    it('keeps both from each other, looks like privacy for nobody, and ends', async () => {
      const [alice, bob] = await two();
      const profile = await dressed(alice);
      expect(await relation(bob, alice)).toMatchObject({ seesPresence: true, mayMessage: true, mayAdd: true });
      const { number = 0 } = await net.people.setBlock({ userId: alice, blockedId: bob, blocked: true });
      expect(number).toBeGreaterThan(0);
      const closed = { seesPresence: false, mayMessage: false, mayAdd: false };
      expect(await relation(bob, alice)).toMatchObject({ ...closed, blockedNumber: 0, blockedByNumber: number });
      expect(await relation(alice, bob)).toMatchObject({ ...closed, blockedNumber: number, blockedByNumber: 0 });
      expect(await seen(bob, alice)).toEqual(BARE);
      expect(await seen(alice, alice)).toEqual(profile);
      expect(await names(bob, 'somebody')).not.toContain(alice);
      await net.people.setBlock({ userId: alice, blockedId: bob, blocked: false });
      expect(await seen(bob, alice)).toEqual(profile);
      expect(await names(bob, 'somebody')).toContain(alice);
    });

    it('is told once for each change, in order, with rising numbers', async () => {
      const [alice, bob] = await two();
      const set = async (blocked: boolean) =>
        (await net.people.setBlock({ userId: alice, blockedId: bob, blocked })).number;
      const first = await set(true);
      expect(await set(true)).toBe(first);
      const numbers = [first, await set(false), await set(true)];
      expect(await set(true)).toBe(numbers[2]);
      const told = net.told.filter(({ userId }) => userId === alice).flatMap(({ blockChanged }) => blockChanged ?? []);
      expect(told).toEqual(numbers.map((number, i) => ({ blockedId: bob, blocked: i !== 1, number })));
      expect(numbers).toEqual([...numbers].sort((a, b) => Number(a) - Number(b)));
    });

    it('is listed for whoever made it, the newest first, in pages', async () => {
      const [alice, bob] = await two();
      const [carol, dave] = await two();
      for (const blockedId of [bob, carol, dave])
        await net.people.setBlock({ userId: alice, blockedId, blocked: true });
      const first = await net.people.listBlocks({ userId: alice, limit: 2 });
      const second = await net.people.listBlocks({
        userId: alice,
        limit: 2,
        ...(first.nextCursor && { cursor: first.nextCursor }),
      });
      const ids = [...(first.items ?? []), ...(second.items ?? [])].map((item) => item?.user?.userId);
      expect(ids).toEqual([dave, carol, bob]);
      expect(second.nextCursor).toBeUndefined();
      expect((await net.people.listBlocks({ userId: bob })).items).toEqual([]);
    });

    it('is of somebody else who is there', async () => {
      const [alice] = await two();
      const set = (blockedId: string) => codeOf(net.people.setBlock({ userId: alice, blockedId, blocked: true }));
      expect([await set(alice), await set(STRANGER), await set('bob')]).toEqual(['INVALID', 'NOT_FOUND', 'INVALID']);
    });
  });

  describe('privacy', () => {
    it('is open until it is changed, field by field, and others are told', async () => {
      const [alice] = await two();
      const open = { avatar: 'everyone', bio: 'everyone', statusText: 'everyone', messages: 'everyone' };
      const all = { ...open, presence: 'everyone', groups: 'everyone', inDirectory: true };
      expect((await net.people.getPrivacy({ userId: alice })).privacy).toEqual(all);
      await net.people.setPrivacy({ userId: alice, change: { presence: 'nobody' } });
      const { privacy } = await net.people.setPrivacy({ userId: alice, change: { inDirectory: false } });
      expect(privacy).toEqual({ ...all, presence: 'nobody', inDirectory: false });
      expect(net.told.at(-1)).toMatchObject({ userId: alice, privacyChanged: { privacy } });
    });

    it('is for contacts: those whom the person has in theirs', async () => {
      const [alice, bob] = await two();
      const profile = await dressed(alice);
      const change = {
        presence: 'contacts',
        avatar: 'contacts',
        bio: 'contacts',
        statusText: 'nobody',
        messages: 'contacts',
        groups: 'nobody',
      } as const;
      await net.people.setPrivacy({ userId: alice, change });
      await net.people.setContact({ userId: bob, contactId: alice, present: true });
      expect(await relation(bob, alice)).toMatchObject({ seesPresence: false, mayMessage: false, mayAdd: false });
      expect(await seen(bob, alice)).toEqual(BARE);
      await net.people.setContact({ userId: alice, contactId: bob, present: true });
      expect(net.told.at(-1)).toMatchObject({ userId: alice, contactChanged: { contactId: bob } });
      expect(await relation(bob, alice)).toMatchObject({ seesPresence: true, mayMessage: true, mayAdd: false });
      expect(await seen(bob, alice)).toEqual({ ...profile, statusText: '' });
      await net.people.setContact({ userId: alice, contactId: bob, present: false });
      expect(await seen(bob, alice)).toEqual(BARE);
    });

    it('keeps a person out of the directory, but not out of their own', async () => {
      const [alice, bob] = await two();
      await dressed(alice);
      await net.people.setPrivacy({ userId: alice, change: { inDirectory: false } });
      expect(await names(bob, 'somebody')).not.toContain(alice);
      expect(await names(alice, 'somebody')).toContain(alice);
    });
  });

  describe('contacts', () => {
    it('are sorted as a language does, found by words, and renamed', async () => {
      const [alice] = await two();
      const people = await Promise.all(
        ['Zoë', 'Änne', 'anna', 'Östen', 'Olaf'].map(async (displayName, i) => {
          const { userId } = await net.person(`sorted-${i}`, { displayName });
          await net.people.setContact({ userId: alice, contactId: userId, present: true });
          return userId;
        }),
      );
      const list = async (more: { locale?: string; query?: string } = {}) =>
        ((await net.people.listContacts({ userId: alice, ...more })).items ?? []).map(
          (item) => item?.name || item?.user?.displayName,
        );
      expect(await list({ locale: 'de' })).toEqual(['anna', 'Änne', 'Olaf', 'Östen', 'Zoë']);
      expect(await list({ locale: 'sv' })).toEqual(['anna', 'Olaf', 'Zoë', 'Änne', 'Östen']);
      const renamed = await net.people.setContact({
        userId: alice,
        contactId: people[0] as string,
        present: true,
        name: ' Boss ',
      });
      expect(renamed.contact?.name).toBe('Boss');
      expect(await list({ query: 'bo' })).toEqual(['Boss']);
      expect(await list({ query: 'SORTED-4' })).toEqual(['Olaf']);
      const first = await net.people.listContacts({ userId: alice, limit: 3 });
      const second = await net.people.listContacts({
        userId: alice,
        limit: 3,
        ...(first.nextCursor && { cursor: first.nextCursor }),
      });
      expect([first.items?.length, second.items?.length, second.nextCursor]).toEqual([3, 2, undefined]);
      expect(await codeOf(net.people.listContacts({ userId: alice, locale: 'no language' }))).toBe('INVALID');
    });
  });

  describe('a report', () => {
    it('is kept, of somebody else, with a reason, so often a day', async () => {
      const [alice, bob] = await two();
      const report = (more: object = {}) =>
        codeOf(net.people.report({ userId: alice, reportedId: bob, reason: 'spam', note: 'two\nlines', ...more }));
      expect(await report({ reason: 'unspecified' })).toBe('INVALID');
      expect(await report({ note: 'x'.repeat(1001) })).toBe('INVALID');
      expect(await report({ reportedId: alice })).toBe('INVALID');
      expect(await report({ reportedId: STRANGER })).toBe('NOT_FOUND');
      for (let i = 0; i < 50; i++) expect(await report()).toBe('none');
      expect(await report()).toBe('RATE_LIMITED');
    });
  });

  describe('consents', () => {
    it('are kept with their version and time, what was withdrawn beside', async () => {
      const [alice] = await two();
      const record = (version: string, given: boolean, purpose = 'terms') =>
        net.people.recordConsent({ userId: alice, purpose, version, given });
      const { consent } = await record('2026-11', true);
      expect(consent).toEqual({ purpose: 'terms', version: '2026-11', given: true, atMs: net.clock.nowMs() });
      await record('2026-11', false);
      const { items = [] } = await net.people.listConsents({ userId: alice });
      expect(items.map((item) => item?.given)).toEqual([false, true]);
      expect(await codeOf(record('', true))).toBe('INVALID');
      expect(await codeOf(record('1', true, 'Not A Purpose'))).toBe('INVALID');
    });
  });

  it('leaves nothing of a deleted account', async () => {
    const [, bob] = await two();
    const { userId: alice, sessionId } = await net.person('goes');
    await net.people.setBlock({ userId: alice, blockedId: bob, blocked: true });
    await net.people.setContact({ userId: bob, contactId: alice, present: true });
    await net.auth.deleteAccount({ userId: alice, sessionId });
    expect(await relation(bob, alice)).toBeUndefined();
    expect((await net.people.listBlocks({ userId: alice })).items).toEqual([]);
    expect((await net.people.listContacts({ userId: bob })).items).toEqual([]);
    expect(await codeOf(net.people.setPrivacy({ userId: alice, change: {} }))).toBe('NOT_FOUND');
  });
}
