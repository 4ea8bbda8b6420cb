/** From the change feed to the outbox, on the simulated log. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthService } from '@clatter/contracts/auth';
import { FeedRecord } from '@clatter/contracts/messages';
import type { Connection, PresenceService } from '@clatter/contracts/presence';
import { topics } from '@clatter/log';
import { noLogFaults, SimulatedLog } from '@clatter/log/simulated';
import { createLogger, createMetrics } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError, type Event, type Input } from '@clatter/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNotifications, type NotificationsConfig } from './index.ts';

/** Conversation ids of tests: one partition each would do, but feeds have many. */
const CONVERSATION = '0190a5c0-0000-7000-8000-00000000000';
const PARTITIONS = 3;

let dataDir: string;
const closers: (() => Promise<void>)[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'clatter-notifications-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The services around, of which only what notifications ask is there. */
class Around {
  readonly clock = new ManualClock();
  readonly foreground = new Set<string>();
  readonly background = new Set<string>();
  presenceAway = false;
  authAway = false;
  namesAsked = 0;
  readonly faults = noLogFaults();
  readonly #later = (_what: string, run: () => void, delayMs?: number): void => {
    if (delayMs) setTimeout(run, delayMs);
    else setImmediate(run);
  };
  readonly simulated = new SimulatedLog({
    network: { later: this.#later, nowMs: Date.now, random: () => 0.5 },
    topics: { [topics.events.name]: PARTITIONS },
    faults: this.faults,
  });
  #processes = 0;

  readonly presence = {
    locate: async ({ userIds = [] }) => {
      if (this.presenceAway) throw new ClatterError('UNAVAILABLE', 'presence is away');
      const connections: Partial<Connection>[] = [];
      for (const userId of userIds) {
        if (this.background.has(userId)) connections.push({ userId, foreground: false });
        if (this.foreground.has(userId)) connections.push({ userId, foreground: true });
      }
      return { connections };
    },
  } as Partial<PresenceService> as PresenceService;

  /** Members of every channel, three on a page; the second page is refused the first time. */
  channelMembers: readonly string[] = [];
  readonly pages: (string | undefined)[] = [];
  readonly muted = new Set<string>();
  readonly hidden = new Set<string>();
  readonly messages = {
    listMuted: async ({ userIds = [] }: { userIds?: readonly string[] | undefined }) => ({
      userIds: userIds.filter((id) => this.muted.has(id)),
      hiddenUserIds: userIds.filter((id) => this.hidden.has(id)),
    }),
    pageMembers: async ({ cursor }: { cursor?: string | undefined }) => {
      this.pages.push(cursor);
      if (this.pages.length === 2) throw new ClatterError('UNAVAILABLE', 'messages is away');
      const from = cursor === undefined ? 0 : this.channelMembers.indexOf(cursor) + 1;
      const userIds = this.channelMembers.slice(from, from + 3);
      return from + 3 < this.channelMembers.length ? { userIds, nextCursor: userIds.at(-1) as string } : { userIds };
    },
  };

  readonly auth = {
    getUsers: async ({ userIds = [] }) => {
      if (this.authAway) throw new ClatterError('UNAVAILABLE', 'accounts are away');
      this.namesAsked++;
      return {
        users: userIds.filter((id) => id !== 'ghost').map((userId) => ({ userId, displayName: `Ms ${userId}` })),
      };
    },
  } as Partial<AuthService> as AuthService;

  connect() {
    const log = this.simulated.connect({ name: `p${this.#processes++}`, later: this.#later });
    closers.push(() => log.close());
    return log;
  }

  /** A process with notifications in it. */
  async start(config: Partial<NotificationsConfig> = {}) {
    const service = createNotifications({
      config: { CLATTER_NOTIFICATIONS_PREVIEW: 'full', ...config },
      log: this.connect(),
      logger: createLogger({ service: 'notifications', level: 'silent' }),
      metrics: createMetrics(),
      clock: this.clock,
      presence: this.presence,
      messages: this.messages,
      auth: () => this.auth,
      dataDir,
    });
    await service.start();
    closers.push(() => service.stop());
    const list = async (userId = '') => (await service.notifications.listOutbox({ userId, limit: 1000 })).items ?? [];
    return { service, list };
  }
}

/** Appends events to the feed; seqs count up in each conversation. */
function feedOf(around: Around) {
  const producer = around.connect().producer();
  const seqs = new Map<number, number>();
  const publish = async (
    event: Input<Event>,
    more: Input<FeedRecord> & { conversation?: number } = {},
  ): Promise<void> => {
    const { conversation = 1, ...record } = more;
    const seq = (seqs.get(conversation) ?? 0) + 1;
    seqs.set(conversation, seq);
    const conversationId = `${CONVERSATION}${conversation}`;
    const value = FeedRecord.encode({
      event: { conversationId, seq, senderId: 'alice', sentAtMs: 1000 + seq, ...event },
      kind: 'direct',
      memberIds: ['alice', 'bob'],
      ...record,
    });
    await producer.send(topics.events.name, { key: conversationId, value });
  };
  const say = (body: string, more?: Parameters<typeof publish>[1]): Promise<void> =>
    publish({ message: { messageId: 'm', content: { text: { body } } } }, more);
  return { publish, say, producer };
}

describe('who gets a push', () => {
  it('is every other member who has no device in the foreground', async () => {
    const around = new Around();
    around.foreground.add('carol');
    around.background.add('dave');
    for (const where of [around.foreground, around.background]) where.add('erin');
    const { list } = await around.start();
    const { say } = feedOf(around);
    await say('lunch?', { kind: 'group', title: 'Team', memberIds: ['alice', 'bob', 'carol', 'dave', 'erin'] });
    await expect.poll(async () => (await list()).length).toBe(2);
    expect((await list()).map(({ userId, title, body }) => [userId, title, body]).sort()).toEqual([
      ['bob', 'Ms alice in Team', 'lunch?'],
      ['dave', 'Ms alice in Team', 'lunch?'],
    ]);
  });

  it('is nobody who has the conversation muted', async () => {
    const around = new Around();
    around.muted.add('bob');
    const { list } = await around.start();
    const { say } = feedOf(around);
    await say('lunch?', { kind: 'group', title: 'Team', memberIds: ['alice', 'bob', 'carol'] });
    await expect.poll(async () => (await list()).length).toBe(1);
    expect((await list()).map(({ userId }) => userId)).toEqual(['carol']);
  });

  it('is whom it mentions by name though they muted the conversation, not though they hid it', async () => {
    const around = new Around();
    for (const id of ['bob', 'carol', 'dave']) around.muted.add(id);
    for (const id of ['dave', 'erin']) around.hidden.add(id);
    const { list } = await around.start();
    const { say } = feedOf(around);
    const memberIds = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
    await say('bob, look', { kind: 'group', title: 'Team', memberIds, mentionedIds: ['bob', 'dave', 'erin'] });
    await say('everybody', { kind: 'group', title: 'Team', memberIds, mentionsAll: true });
    await expect.poll(async () => (await list()).length).toBe(3);
    expect((await list()).map(({ userId, body, mention }) => [userId, body, mention]).sort()).toEqual([
      ['bob', 'bob, look', true],
      ['frank', 'bob, look', false],
      ['frank', 'everybody', true],
    ]);
  });

  it('is whom a message of a channel mentions, muted or not, though a newer one comes with it', async () => {
    const around = new Around();
    around.channelMembers = ['alice', 'bob', 'carol'];
    // The page that fails is the second.
    around.pages.push('asked before', 'and failed');
    around.muted.add('bob');
    const { say } = feedOf(around);
    const channel = { kind: 'channel', title: 'News', memberIds: [] } as const;
    await say('bob, look', { ...channel, mentionedIds: ['bob'] });
    await say('news', channel);
    // Both are there before anybody reads: one batch.
    const { list } = await around.start();
    await expect.poll(async () => (await list()).length).toBeGreaterThanOrEqual(2);
    const found = (await list()).map(({ userId, body }) => [userId, body]);
    expect(found).toContainEqual(['bob', 'bob, look']);
    expect(found).toContainEqual(['carol', 'news']);
    expect(found).not.toContainEqual(['bob', 'news']);
  });

  it('is each member of a channel, page by page, who has no device in the foreground', async () => {
    const around = new Around();
    around.channelMembers = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'];
    around.foreground.add('carol');
    const { list } = await around.start();
    const { say, publish } = feedOf(around);
    await publish({ created: {} }, { kind: 'channel', memberIds: [] });
    await say('news', { kind: 'channel', title: 'News', memberIds: [] });
    await expect.poll(() => around.pages.length).toBe(2);
    around.clock.advance(10_000);
    await expect.poll(async () => (await list()).length).toBe(5);
    expect((await list()).map(({ userId }) => userId).sort()).toEqual(['bob', 'dave', 'erin', 'frank', 'grace']);
    expect((await list())[0]).toMatchObject({ title: 'Ms alice in News', body: 'news' });
    // It went on where it had failed.
    expect(around.pages).toEqual([undefined, 'carol', 'carol', 'frank']);
  });

  it('is nobody for what is no message', async () => {
    const around = new Around();
    const { list } = await around.start();
    const { publish, say } = feedOf(around);
    await publish({ created: {} });
    await publish({ reacted: { seq: 1, emoji: '👍' } });
    await publish({ message: { messageId: 'm', deleted: true } });
    await say('the only one');
    await expect.poll(async () => (await list()).map(({ body }) => body)).toEqual(['the only one']);
  });

  it('is told by whom, also of an account that is gone', async () => {
    const around = new Around();
    const { list } = await around.start();
    await feedOf(around).publish(
      { senderId: 'ghost', message: { content: { text: { body: 'boo' } } } },
      { memberIds: ['bob'] },
    );
    await expect
      .poll(async () => (await list())[0])
      .toMatchObject({ userId: 'bob', senderId: 'ghost', title: 'Somebody' });
  });

  it('sees no content where previews are off', async () => {
    const around = new Around();
    const { list } = await around.start({ CLATTER_NOTIFICATIONS_PREVIEW: 'none' });
    await feedOf(around).say('a secret');
    await expect.poll(async () => (await list())[0]?.body).toBe('New message');
    const outbox = join(dataDir, 'outbox');
    expect(readdirSync(outbox).map((name) => readFileSync(join(outbox, name), 'utf8'))).not.toContain('secret');
  });
});

describe('listOutbox', () => {
  it('gives the newest first, of one or all, as many as asked', async () => {
    const around = new Around();
    const { service, list } = await around.start();
    const { say } = feedOf(around);
    for (let i = 0; i < 120; i++) await say(`m${i}`, { memberIds: ['alice', i % 2 ? 'bob' : 'carol'] });
    await expect.poll(async () => (await list()).length).toBe(120);
    const bodies = async (request: { userId?: string; limit?: number }) =>
      (await service.notifications.listOutbox(request)).items?.map(({ body }) => body) ?? [];
    expect(await bodies({ limit: 2 })).toEqual(['m119', 'm118']);
    expect(await bodies({ userId: 'carol', limit: 2 })).toEqual(['m118', 'm116']);
    expect(await bodies({})).toHaveLength(100);
    await expect(bodies({ limit: 1001 })).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('is empty before there is an outbox', async () => {
    const around = new Around();
    const { service } = await around.start();
    expect(await service.notifications.listOutbox({})).toEqual({ items: [] });
  });
});

describe('names', () => {
  it('are asked once a minute', async () => {
    const around = new Around();
    const { list } = await around.start();
    const { say } = feedOf(around);
    for (let i = 0; i < 20; i++) await say(`m${i}`);
    await expect.poll(async () => (await list()).length).toBe(20);
    expect(around.namesAsked).toBe(1);
    await around.clock.advance(60_001);
    await say('later');
    await expect.poll(async () => (await list()).length).toBe(21);
    expect(around.namesAsked).toBe(2);
  });
});

describe('nothing is lost or doubled', () => {
  it.each([
    ['presence', (around: Around, away: boolean) => Object.assign(around, { presenceAway: away })],
    ['auth', (around: Around, away: boolean) => Object.assign(around, { authAway: away })],
    [
      'the outbox',
      (_around: Around, away: boolean) => {
        rmSync(join(dataDir, 'outbox'), { recursive: true, force: true });
        if (away) writeFileSync(join(dataDir, 'outbox'), 'in the way');
      },
    ],
  ])('while %s fails: it is tried again in place, in order, and committed after', async (_name, set) => {
    const around = new Around();
    const { list } = await around.start();
    const { say } = feedOf(around);
    set(around, true);
    for (let i = 0; i < 5; i++) await say(`m${i}`);
    await around.clock.advance(60_000);
    const committed = () =>
      Array.from({ length: PARTITIONS }, (_, i) => around.simulated.committed('notifications', topics.events.name, i));
    expect(Math.max(...committed())).toBe(0);
    set(around, false);
    await around.clock.advance(5000);
    await expect.poll(async () => (await list()).map(({ body }) => body)).toEqual(['m4', 'm3', 'm2', 'm1', 'm0']);
    await expect.poll(() => Math.max(...committed())).toBe(5);
  });

  it('retries with back-off: seconds apart, not in a loop', async () => {
    const around = new Around();
    let asked = 0;
    const locate = around.presence.locate;
    around.presence.locate = (request) => {
      asked++;
      return locate(request);
    };
    around.presenceAway = true;
    await around.start();
    await feedOf(around).say('hi');
    await around.clock.advance(60_000);
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(70);
  });

  it('where no commit arrives: a new process reads all again, and pushes what is new', async () => {
    const around = new Around();
    around.faults.commitLost = 1;
    const first = await around.start();
    const { say } = feedOf(around);
    for (let i = 0; i < 30; i++) await say(`m${i}`, { conversation: i % 4 });
    await expect.poll(async () => (await first.list()).length).toBe(30);
    await first.service.stop();
    expect(around.simulated.committed('notifications', topics.events.name, 0)).toBe(0);
    around.faults.commitLost = 0;
    const second = await around.start();
    await say('new');
    await expect.poll(async () => (await second.list())[0]?.body).toBe('new');
    const ids = (await second.list()).map(({ pushId }) => pushId);
    expect(ids).toHaveLength(31);
    expect(new Set(ids).size).toBe(31);
  });

  it('where the feed has an event twice', async () => {
    const around = new Around();
    const { list } = await around.start();
    const { producer, say } = feedOf(around);
    const value = FeedRecord.encode({
      event: {
        conversationId: `${CONVERSATION}9`,
        seq: 100,
        senderId: 'alice',
        message: { content: { text: { body: 'once' } } },
      },
      memberIds: ['alice', 'bob'],
    });
    await Promise.all([1, 2].map(() => producer.send(topics.events.name, { key: `${CONVERSATION}9`, value })));
    await say('after', { conversation: 9 });
    await expect.poll(async () => (await list()).map(({ body }) => body)).toEqual(['after', 'once']);
  });

  it('beside a record that is not of the feed', async () => {
    const around = new Around();
    const { service, list } = await around.start();
    const { producer, say } = feedOf(around);
    const key = `${CONVERSATION}1`;
    await producer.send(topics.events.name, { key, value: new Uint8Array([255, 255, 255]) });
    await say('goes on');
    await expect.poll(async () => (await list()).map(({ body }) => body)).toEqual(['goes on']);
    expect(service.ready()).toEqual({ ok: true, reasons: [] });
  });

  it('of a burst in a large group', async () => {
    const around = new Around();
    const memberIds = Array.from({ length: 301 }, (_, i) => (i === 0 ? 'alice' : `member ${i}`));
    const { say } = feedOf(around);
    for (let i = 0; i < 20; i++) await say(`m${i}`, { kind: 'group', memberIds });
    await around.start();
    const outbox = join(dataDir, 'outbox');
    const read = (): string[] =>
      readdirSync(outbox).flatMap((name) => readFileSync(join(outbox, name), 'utf8').split('\n').slice(1));
    await expect.poll(() => read().length, { timeout: 20_000 }).toBe(6000);
    const lines = read();
    expect(new Set(lines).size).toBe(6000);
  });

  it('where it is stopped while it cannot push: it stops at once, and the next process pushes', async () => {
    const around = new Around();
    const first = await around.start();
    const { say } = feedOf(around);
    around.presenceAway = true;
    await say('wait for it');
    await around.clock.advance(1000);
    await first.service.stop();
    around.presenceAway = false;
    const second = await around.start();
    await expect.poll(async () => (await second.list()).map(({ body }) => body)).toEqual(['wait for it']);
  });

  it('when it stops: what was taken is in the outbox and committed', async () => {
    const around = new Around();
    const { service } = await around.start();
    const { say } = feedOf(around);
    for (let i = 0; i < 10; i++) await say(`m${i}`);
    await expect
      .poll(() => existsSync(join(dataDir, 'outbox', readdirSync(join(dataDir, 'outbox'))[0] ?? 'none')))
      .toBe(true);
    await service.stop();
    const [name] = readdirSync(join(dataDir, 'outbox'));
    const lines = readFileSync(join(dataDir, 'outbox', name as string), 'utf8')
      .split('\n')
      .slice(1);
    const committed = Array.from({ length: PARTITIONS }, (_, i) =>
      around.simulated.committed('notifications', topics.events.name, i),
    );
    expect(committed.reduce((sum, offset) => sum + offset, 0)).toBe(lines.length);
  });
});
