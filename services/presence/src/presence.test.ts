/** Presence as gateways and watchers see it: its calls, and the frames that it sends to gateways. */
import type { DeliveryService } from '@clatter/contracts/gateway';
import { Connection, SessionRecord } from '@clatter/contracts/presence';
import { type EventLog, topics } from '@clatter/log';
import { SimulatedLog } from '@clatter/log/simulated';
import { ConnectionDigest, createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { type Presence, ServerFrame } from '@clatter/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { createPresence, presenceConfig } from './index.ts';

const GRACE_MS = 5000;
const LEASE_MS = 15_000;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function connectLog(): EventLog {
  const later = (_what: string, run: () => void, delayMs?: number): void => {
    if (delayMs) setTimeout(run, delayMs);
    else setImmediate(run);
  };
  const log = new SimulatedLog({
    network: { later, nowMs: Date.now, random: () => 0.5 },
    topics: { [topics.sessions.name]: 1 },
  }).connect({ name: 'presence', later });
  closers.push(() => log.close());
  return log;
}

interface Told extends Presence {
  /** Since the start. */
  readonly atMs: number;
}

/** A gateway: what its watchers were told. */
class Gateway {
  readonly told: Told[] = [];
  readonly id: string;
  readonly #startMs: number;
  readonly #clock: ManualClock;

  constructor(id: string, clock: ManualClock) {
    this.id = id;
    this.#clock = clock;
    this.#startMs = clock.nowMs();
  }

  readonly delivery: DeliveryService = {
    deliver: async ({ deliveries = [] }) => {
      for (const { watchedUserId, json, proto } of deliveries) {
        const frame = ServerFrame.decode(proto as Uint8Array);
        expect(ServerFrame.fromJson(JSON.parse(new TextDecoder().decode(json as Uint8Array)), 'frame')).toEqual(frame);
        expect(frame.presence?.userId).toBe(watchedUserId);
        this.told.push({ ...(frame.presence as Presence), atMs: this.#clock.nowMs() - this.#startMs });
      }
      return {};
    },
  };

  /** A connection of this gateway; the session is the user's only one unless named. */
  connection(userId: string, connection: number, more: Partial<Connection> = {}): Connection {
    return Connection.create({
      userId,
      gatewayId: this.id,
      connection,
      sessionId: `session of ${userId}`,
      encoding: 'proto',
      foreground: true,
      status: 'ONLINE',
      ...more,
    });
  }

  statuses(): string[] {
    return this.told.map(({ userId, status }) => `${userId} ${status}`);
  }
}

async function setUp({ graceMs = GRACE_MS, gateways = ['g1', 'g2'] } = {}) {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const log = connectLog();
  const byId = new Map(gateways.map((id) => [id, new Gateway(id, clock)]));
  const service = createPresence({
    config: presenceConfig.parse({ CLATTER_PRESENCE_GRACE_MS: graceMs, CLATTER_PRESENCE_LEASE_MS: LEASE_MS }),
    log,
    logger: createLogger({ service: 'presence', level: 'silent' }),
    clock,
    gateways: (id) => byId.get(id)?.delivery,
  });
  await service.start();
  closers.push(() => service.stop());
  const { presence } = service;
  const [g1, g2] = [...byId.values()] as [Gateway, Gateway];
  const statusOf = async (userId: string): Promise<string | undefined> =>
    (await presence.watch({ gatewayId: 'asks', userIds: [userId], unwatchIds: [] })).states?.[0]?.status;
  /** Lets time pass while these gateways keep their leases. */
  const advance = async (ms: number, alive: readonly Gateway[] = [...byId.values()]): Promise<void> => {
    for (let left = ms; left > 0; left -= 1000) {
      for (const { id } of alive) await presence.renew({ gatewayId: id, digest: '', count: 0 });
      await clock.advance(Math.min(left, 1000));
    }
  };
  return { presence, service, clock, startMs, log, g1, g2, statusOf, advance, byId };
}

describe('locate', () => {
  it('finds the connections of people on all gateways, and nothing of others', async () => {
    const { presence, g1, g2 } = await setUp();
    const phone = g1.connection('alice', 1, { deviceId: 'phone', encoding: 'json' });
    const laptop = g2.connection('alice', 1, { foreground: false });
    const bobs = g1.connection('bob', 2);
    await presence.register({ gatewayId: 'g1', connections: [phone, bobs] });
    await presence.register({ gatewayId: 'g2', connections: [laptop] });
    expect((await presence.locate({ userIds: ['alice', 'nobody'] })).connections).toEqual([phone, laptop]);
    expect((await presence.locate({ userIds: ['bob', 'alice'] })).connections).toHaveLength(3);
    expect(await presence.locate({ userIds: [] })).toEqual({ connections: [], interested: [] });
    await presence.unregister({ gatewayId: 'g1', connections: [phone] });
    expect((await presence.locate({ userIds: ['alice'] })).connections).toEqual([laptop]);
  });

  it('keeps its own copy: a gateway changes its connections in place', async () => {
    const { presence, g1 } = await setUp();
    const connection = g1.connection('alice', 1, { foreground: true });
    await presence.register({ gatewayId: 'g1', connections: [connection] });
    connection.foreground = false;
    expect((await presence.locate({ userIds: ['alice'] })).connections?.[0]?.foreground).toBe(true);
    await presence.setStatus({ connection });
    expect((await presence.locate({ userIds: ['alice'] })).connections?.[0]?.foreground).toBe(false);
  });
});

describe('leases', () => {
  it('says by digest and count whether the registry knows what the gateway has', async () => {
    const { presence, g1 } = await setUp();
    const connections = [1, 2, 3].map((number) => g1.connection(`user ${number}`, number));
    const digestOf = (some: readonly Connection[]) => {
      const digest = new ConnectionDigest();
      for (const connection of some) digest.add(connection);
      return { gatewayId: 'g1', digest: digest.toString(), count: some.length };
    };
    await presence.register({ gatewayId: 'g1', connections });
    expect(await presence.renew(digestOf(connections))).toEqual({ known: true, leaseMs: LEASE_MS });
    expect(await presence.renew(digestOf(connections.slice(1)))).toEqual({ known: false, leaseMs: LEASE_MS });
    expect(await presence.renew({ ...digestOf(connections), count: 2 })).toEqual({ known: false, leaseMs: LEASE_MS });
    expect(await presence.renew({ ...digestOf(connections), gatewayId: 'g2' })).toEqual({
      known: false,
      leaseMs: LEASE_MS,
    });
    await presence.register({ gatewayId: 'g1', connections: connections.slice(0, 1), replace: true });
    expect(await presence.renew(digestOf(connections.slice(0, 1)))).toEqual({ known: true, leaseMs: LEASE_MS });
  });

  it('has the people of a dead gateway offline within its lease and the grace, and not before', async () => {
    const { presence, g1, g2, advance, statusOf } = await setUp();
    // At no time that the service could have chosen by itself.
    const lastSignOfLifeMs = 4321;
    await advance(lastSignOfLifeMs, []);
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1), g1.connection('bob', 2)] });
    await presence.register({ gatewayId: 'g2', connections: [g2.connection('bob', 1)] });
    await presence.watch({ gatewayId: 'g2', userIds: ['alice', 'bob'], unwatchIds: [] });
    await advance(LEASE_MS - 1, [g2]);
    expect((await presence.locate({ userIds: ['alice'] })).connections).toHaveLength(1);
    await advance(1, [g2]);
    expect((await presence.locate({ userIds: ['alice'] })).connections).toEqual([]);
    expect(await statusOf('alice')).toBe('ONLINE');
    await advance(GRACE_MS - 1, [g2]);
    expect(await statusOf('alice')).toBe('ONLINE');
    await advance(5000, [g2]);
    expect(g2.told.filter(({ status }) => status === 'OFFLINE')).toMatchObject([
      { userId: 'alice', lastSeenMs: expect.any(Number), atMs: lastSignOfLifeMs + LEASE_MS + GRACE_MS + 1 },
    ]);
    expect(await statusOf('alice')).toBe('OFFLINE');
    expect(await statusOf('bob')).toBe('ONLINE');
  });
});

it('forgets a gateway that leaves, at once; its people are offline after the grace', async () => {
  const { presence, g1, g2, advance } = await setUp();
  await presence.renew({ gatewayId: 'g1', address: '10.0.0.1:9090', digest: '', count: 0 });
  await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1), g1.connection('bob', 2)] });
  await presence.register({ gatewayId: 'g2', connections: [g2.connection('bob', 1)] });
  await presence.watch({ gatewayId: 'g2', userIds: ['alice', 'bob'], unwatchIds: [] });
  await presence.unregister({ gatewayId: 'g1', connections: [], leaving: true });
  expect((await presence.listGateways({})).gateways).toEqual([]);
  expect((await presence.locate({ userIds: ['alice', 'bob'] })).connections).toEqual([g2.connection('bob', 1)]);
  expect(g2.statuses()).not.toContain('alice OFFLINE');
  await advance(GRACE_MS + 1000, [g2]);
  expect(g2.statuses().at(-1)).toBe('alice OFFLINE');
  expect(g2.statuses()).not.toContain('bob OFFLINE');
});

it('lists the gateways that told where they are, while they live', async () => {
  const { presence, g1, advance } = await setUp();
  const gateways = async () => (await presence.listGateways({})).gateways;
  await presence.register({ gatewayId: 'g1', address: '10.0.0.1:9090', connections: [g1.connection('alice', 1)] });
  await presence.renew({ gatewayId: 'g2', address: '10.0.0.2:9090', digest: '', count: 0 });
  await presence.renew({ gatewayId: 'g3', digest: '', count: 0 });
  const [first, second] = [
    { gatewayId: 'g1', address: '10.0.0.1:9090' },
    { gatewayId: 'g2', address: '10.0.0.2:9090' },
  ];
  expect(await gateways()).toEqual([first, second]);
  await advance(LEASE_MS, [g1]);
  expect(await gateways()).toEqual([first]);
});

describe('status', () => {
  it.each([
    ['nobody is there', [], 'OFFLINE'],
    ['a device is looked at', [{ foreground: true }, { foreground: false, status: 'AWAY' }], 'ONLINE'],
    ['no device is looked at', [{ foreground: false }], 'AWAY'],
    ['all say away', [{ status: 'AWAY' }, { status: 'AWAY', foreground: false }], 'AWAY'],
    ['one says busy', [{ foreground: true }, { status: 'BUSY', foreground: false }], 'BUSY'],
  ] as const)('merges over devices: %s', async (_name, devices, status) => {
    const { presence, g1, statusOf } = await setUp();
    const connections = devices.map((device, i) => g1.connection('alice', i, { sessionId: `s${i}`, ...device }));
    await presence.register({ gatewayId: 'g1', connections });
    expect(await statusOf('alice')).toBe(status);
  });

  it('says when somebody was last here: now, then, or that it does not know', async () => {
    const { presence, clock, startMs, g1, advance } = await setUp();
    const lastSeen = async () =>
      (await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] })).states?.[0]?.lastSeenMs;
    expect(await lastSeen()).toBe(0);
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await advance(60_000);
    expect(await lastSeen()).toBe(clock.nowMs());
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await advance(60_000);
    expect(await lastSeen()).toBe(startMs + 60_000);
  });
});

describe('watchers', () => {
  it('are answered with the states in the order asked, and told of changes at their gateways alone', async () => {
    const { presence, g1, g2, advance } = await setUp({ gateways: ['g1', 'g2', 'g3'] });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await advance(10);
    const { states = [] } = await presence.watch({ gatewayId: 'g2', userIds: ['bob', 'alice'], unwatchIds: [] });
    expect(states.map(({ userId, status }) => [userId, status])).toEqual([
      ['bob', 'OFFLINE'],
      ['alice', 'ONLINE'],
    ]);
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('bob', 2)] });
    await advance(1000);
    expect(g2.statuses()).toEqual(['bob ONLINE']);
    expect(g1.told).toEqual([]);
    await presence.watch({ gatewayId: 'g2', userIds: [], unwatchIds: ['bob'] });
    await presence.setStatus({ connection: g1.connection('bob', 2, { status: 'BUSY' }) });
    await advance(2000);
    expect(g2.statuses()).toEqual(['bob ONLINE']);
  });

  it('are told within a second, at most once a second of a person, the last state', async () => {
    const { presence, clock, g1, g2, advance } = await setUp();
    await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    // A client that toggles 100 times a second for three seconds, and ends as BUSY.
    for (let i = 0; i < 300; i++) {
      await presence.setStatus({ connection: g1.connection('alice', 1, { status: i % 2 ? 'AWAY' : 'ONLINE' }) });
      await clock.advance(10);
    }
    await presence.setStatus({ connection: g1.connection('alice', 1, { status: 'BUSY' }) });
    await advance(1000);
    const times = g2.told.map(({ atMs }) => atMs);
    expect(times[0]).toBeLessThan(100);
    expect(times.slice(1).every((atMs, i) => atMs - (times[i] as number) >= 1000)).toBe(true);
    expect(g2.told.at(-1)).toMatchObject({ userId: 'alice', status: 'BUSY' });
    expect(g2.told.length).toBeLessThanOrEqual(5);
  });

  it('hear nothing of a change of network', async () => {
    const { presence, g1, g2, advance } = await setUp();
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    for (let number = 1; number < 10; number++) {
      await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', number)] });
      await advance(GRACE_MS - 1000);
      await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', number + 1)] });
      await advance(1500);
    }
    expect(g2.statuses().filter((told) => told !== 'alice ONLINE')).toEqual([]);
  });

  it('hear of a going after the grace, not sooner where a change is waiting to be told', async () => {
    // The change's own timer must not tell of the disconnect.
    const { presence, clock, g1, g2, advance } = await setUp();
    await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await clock.advance(500);
    await presence.setStatus({ connection: g1.connection('alice', 1, { status: 'BUSY' }) });
    await clock.advance(100);
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1, { status: 'BUSY' })] });
    await advance(GRACE_MS - 100);
    expect(g2.statuses()).toEqual(['alice ONLINE', 'alice BUSY']);
    await advance(1000);
    expect(g2.statuses().at(-1)).toBe('alice OFFLINE');
    expect(g2.told.at(-1)?.atMs).toBeGreaterThanOrEqual(600 + GRACE_MS);
    expect(g2.told.at(-1)?.lastSeenMs).toBe(clock.nowMs() - 1000 - GRACE_MS + 100);
  });

  it('who come during the grace are not told otherwise than those before', async () => {
    // An answer OFFLINE would stay: the come-back is no news to the others, so nobody would hear of it.
    const { presence, g1, g2, statusOf, advance } = await setUp();
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await advance(1000);
    expect(await statusOf('alice')).toBe('ONLINE');
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 2)] });
    await advance(GRACE_MS + 2000);
    expect(g2.statuses().filter((told) => told !== 'alice ONLINE')).toEqual([]);
  });

  it('who come between two changes are told of the second, though it is none to the others', async () => {
    const { presence, clock, g1, g2, advance } = await setUp();
    await presence.watch({ gatewayId: 'g1', userIds: ['alice'], unwatchIds: [] });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await clock.advance(500);
    await presence.setStatus({ connection: g1.connection('alice', 1, { status: 'AWAY' }) });
    const { states } = await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    expect(states?.[0]?.status).toBe('AWAY');
    await presence.setStatus({ connection: g1.connection('alice', 1, { status: 'ONLINE' }) });
    await advance(2000);
    expect(g2.statuses()).toEqual(['alice ONLINE']);
  });

  it('hear at once that the device that was looked at is gone where another stays, after the grace', async () => {
    const { presence, g1, g2, advance } = await setUp();
    const phone = g1.connection('alice', 1, { sessionId: 'phone' });
    const laptop = g1.connection('alice', 2, { sessionId: 'laptop', foreground: false });
    await presence.register({ gatewayId: 'g1', connections: [phone, laptop] });
    await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    await advance(1000);
    await presence.unregister({ gatewayId: 'g1', connections: [phone] });
    await advance(GRACE_MS - 1000);
    expect(g2.statuses()).not.toContain('alice AWAY');
    await advance(2000);
    expect(g2.statuses().at(-1)).toBe('alice AWAY');
  });

  it('see a socket that takes the place of one that is still closing, as it is', async () => {
    const { presence, g1, g2, statusOf, advance } = await setUp();
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await presence.register({ gatewayId: 'g2', connections: [g2.connection('alice', 1, { foreground: false })] });
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await advance(1000);
    expect(await statusOf('alice')).toBe('AWAY');
  });

  it('hear of people whose connections a gateway no longer has when it registers all again', async () => {
    const { presence, g1, g2, advance } = await setUp();
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1), g1.connection('bob', 2)] });
    await presence.watch({ gatewayId: 'g2', userIds: ['alice', 'bob'], unwatchIds: [] });
    await advance(2000);
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('bob', 2)], replace: true });
    await advance(GRACE_MS + 1000);
    expect(g2.statuses().filter((told) => !told.endsWith('ONLINE'))).toEqual(['alice OFFLINE']);
  });

  it('are told on, where one gateway is gone or fails', async () => {
    const { presence, byId, g1, g2, advance } = await setUp({ gateways: ['g1', 'g2', 'g3'] });
    for (const gatewayId of ['g2', 'g3', 'gone'])
      await presence.watch({ gatewayId, userIds: ['alice'], unwatchIds: [] });
    const broken = byId.get('g3') as Gateway;
    Object.assign(broken.delivery, { deliver: () => Promise.reject(new Error('its stream broke')) });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await advance(1000);
    await presence.setStatus({ connection: g1.connection('alice', 1, { status: 'BUSY' }) });
    await advance(1000);
    expect(g2.statuses()).toEqual(['alice ONLINE', 'alice BUSY']);
  });

  it('hear at once of a going where there is no grace', async () => {
    const { presence, g1, g2, statusOf, advance } = await setUp({ graceMs: 0 });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await presence.watch({ gatewayId: 'g2', userIds: ['alice'], unwatchIds: [] });
    await advance(2000);
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    expect(await statusOf('alice')).toBe('OFFLINE');
    await advance(1000);
    expect(g2.statuses().at(-1)).toBe('alice OFFLINE');
  });
});

describe('clatter.sessions', () => {
  it('says what comes and goes, a dead gateway and what a registration replaced too', async () => {
    const { presence, log, startMs, g1, g2, advance } = await setUp();
    const seen: string[] = [];
    const reader = log.consume({
      group: 'test',
      topics: [topics.sessions.name],
      start: 'beginning',
      ephemeral: true,
      assign: async () => ({
        async onBatch(records) {
          for (const { key, value } of records) {
            const { connection, change, atMs } = SessionRecord.decode(value);
            expect(key).toBe(connection?.userId);
            seen.push(`${connection?.userId} ${connection?.connection} ${change} ${(atMs - startMs) / 1000}`);
          }
        },
        async stop() {},
      }),
    });
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1), g1.connection('alice', 2)] });
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    // Not known any more: no news.
    await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    await presence.register({ gatewayId: 'g2', connections: [g2.connection('alice', 8), g2.connection('alice', 9)] });
    await presence.register({ gatewayId: 'g2', connections: [g2.connection('alice', 9)], replace: true });
    await advance(LEASE_MS + 1000, [g2]);
    await expect.poll(() => seen.length).toBe(7);
    expect(seen).toEqual([
      `alice 1 CONNECTED 0`,
      `alice 2 CONNECTED 0`,
      `alice 1 DISCONNECTED 0`,
      `alice 8 CONNECTED 0`,
      `alice 9 CONNECTED 0`,
      `alice 8 DISCONNECTED 0`,
      `alice 2 DISCONNECTED 15`,
    ]);
    await reader.close();
  });

  it('is not waited for: with the log away people connect all the same', async () => {
    const { presence, log, g1 } = await setUp();
    await log.close();
    await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
    expect((await presence.locate({ userIds: ['alice'] })).connections).toHaveLength(1);
  });
});

it('leaves no timer behind when it stops', async () => {
  const { presence, service, clock, g1, advance } = await setUp();
  await presence.watch({ gatewayId: 'g2', userIds: ['alice', 'bob'], unwatchIds: [] });
  await presence.register({ gatewayId: 'g1', connections: [g1.connection('alice', 1), g1.connection('bob', 2)] });
  await advance(100);
  await presence.unregister({ gatewayId: 'g1', connections: [g1.connection('alice', 1)] });
  await presence.setStatus({ connection: g1.connection('bob', 2, { status: 'BUSY' }) });
  await service.stop();
  expect(clock.waiting).toBe(0);
});
