/**
 * What every adapter of the Registry port passes: the promises of ports.ts. An adapter's test gives a function that opens an empty registry
 * for each test, and a way to let time pass in it: by hand in memory, by waiting for a server.
 */
import { Connection, type Gateway } from '@clatter/contracts/presence';
import { ConnectionDigest, IdDigest } from '@clatter/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import type { Registry } from './ports.ts';

export interface RegistryUnderTest {
  readonly registry: Registry;
  /** A few hundred ms where time is real. */
  readonly leaseMs: number;
  nowMs(): number;
  pass(ms: number): Promise<void>;
  end(): Promise<void>;
}

const gatewayOf = (gatewayId: string, address = `10.0.0.1:${gatewayId}`): Gateway => ({ gatewayId, address });

const connectionOf = (
  gatewayId: string,
  connection: number,
  userId: string,
  more: Partial<Connection> = {},
): Connection =>
  Connection.create({
    userId,
    sessionId: `session of ${userId}`,
    gatewayId,
    connection,
    encoding: connection % 2 ? 'json' : 'proto',
    foreground: true,
    status: 'ONLINE',
    deviceId: `device ${connection}`,
    ...more,
  });

const digestOf = (connections: readonly Connection[]): string => {
  const digest = new ConnectionDigest();
  for (const connection of connections) digest.add(connection);
  return digest.toString();
};

/** In one order, whatever the adapter's. */
const sorted = (connections: readonly Connection[]): Connection[] =>
  [...connections].sort((a, b) => a.gatewayId.localeCompare(b.gatewayId) || a.connection - b.connection);

export function registryContract(name: string, open: () => Promise<RegistryUnderTest>): void {
  const opened: RegistryUnderTest[] = [];
  const setUp = async (): Promise<RegistryUnderTest> => {
    const subject = await open();
    opened.push(subject);
    return subject;
  };
  const known = (registry: Registry, gatewayId: string, connections: readonly Connection[]): Promise<boolean> =>
    registry.renew(gatewayOf(gatewayId), digestOf(connections), connections.length);

  describe(`Registry contract: ${name}`, () => {
    afterEach(async () => {
      for (const subject of opened.splice(0)) await subject.end();
    });

    describe('locate', () => {
      it('finds what was registered, whole, on all gateways, and nothing of others', async () => {
        const { registry } = await setUp();
        const phone = connectionOf('g1', 1, 'alice', { status: 'BUSY' });
        const laptop = connectionOf('g2', 1, 'alice', { foreground: false });
        const bobs = connectionOf('g1', 2 ** 32 - 1, 'bob');
        expect(await registry.register(gatewayOf('g1'), [phone, bobs], false)).toEqual([]);
        expect(await registry.register(gatewayOf('g2'), [laptop], false)).toEqual([]);
        expect(sorted(await registry.locate(['alice']))).toEqual([phone, laptop]);
        expect(sorted(await registry.locate(['nobody', 'bob', 'alice']))).toEqual([phone, bobs, laptop]);
        expect(await registry.locate(['nobody'])).toEqual([]);
        expect(await registry.locate([])).toEqual([]);
      });

      it('finds many people at once', async () => {
        const { registry } = await setUp();
        const connections = Array.from({ length: 2000 }, (_, i) => connectionOf('g1', i, `user ${i % 1500}`));
        await registry.register(gatewayOf('g1'), connections, false);
        const everybody = Array.from({ length: 1500 }, (_, i) => `user ${i}`);
        expect(sorted(await registry.locate(everybody))).toEqual(connections);
      });

      it('gives answers that stay as they were', async () => {
        const { registry } = await setUp();
        const connection = connectionOf('g1', 1, 'alice');
        await registry.register(gatewayOf('g1'), [connection], false);
        const found = await registry.locate(['alice']);
        await registry.update({ ...connection, foreground: false });
        await registry.register(gatewayOf('g1'), [connectionOf('g1', 2, 'alice')], false);
        await registry.unregister('g1', [connection]);
        expect(found).toEqual([connection]);
      });
    });

    describe('register and unregister', () => {
      it('takes away just what it was asked to, once, and says what that was', async () => {
        const { registry } = await setUp();
        const [one, two] = [connectionOf('g1', 1, 'alice'), connectionOf('g1', 2, 'alice')];
        const same = connectionOf('g2', 1, 'alice');
        await registry.register(gatewayOf('g1'), [one, two], false);
        await registry.register(gatewayOf('g2'), [same], false);
        const unknown = connectionOf('g1', 3, 'alice');
        expect(await registry.unregister('g1', [one, unknown])).toEqual([one]);
        expect(await registry.unregister('g1', [one])).toEqual([]);
        expect(await registry.unregister('g3', [one])).toEqual([]);
        expect(sorted(await registry.locate(['alice']))).toEqual([two, same]);
      });

      it('has a connection once, however often it is registered, and as it came last', async () => {
        const { registry } = await setUp();
        const connection = connectionOf('g1', 1, 'alice');
        await registry.register(gatewayOf('g1'), [connection], false);
        const later = { ...connection, foreground: false };
        await registry.register(gatewayOf('g1'), [later], false);
        expect(await registry.locate(['alice'])).toEqual([later]);
        expect(await known(registry, 'g1', [connection])).toBe(true);
      });

      it('replaces all that a gateway has, tells what is gone, and leaves other gateways alone', async () => {
        const { registry } = await setUp();
        const [stays, goes] = [connectionOf('g1', 1, 'alice'), connectionOf('g1', 2, 'alice')];
        const others = connectionOf('g2', 2, 'alice');
        await registry.register(gatewayOf('g1'), [stays, goes], false);
        await registry.register(gatewayOf('g2'), [others], false);
        const comes = connectionOf('g1', 3, 'bob');
        expect(await registry.register(gatewayOf('g1'), [stays, comes], true)).toEqual([goes]);
        expect(sorted(await registry.locate(['alice', 'bob']))).toEqual([stays, comes, others]);
        expect(await known(registry, 'g1', [comes, stays])).toBe(true);
        expect(sorted(await registry.register(gatewayOf('g1'), [], true))).toEqual([stays, comes]);
        expect(await registry.locate(['alice', 'bob'])).toEqual([others]);
        expect(await known(registry, 'g1', [])).toBe(true);
      });
    });

    describe('update', () => {
      it('changes a connection that is registered', async () => {
        const { registry } = await setUp();
        const connection = connectionOf('g1', 1, 'alice');
        await registry.register(gatewayOf('g1'), [connection], false);
        const changed = { ...connection, foreground: false, status: 'AWAY' as const };
        await registry.update(changed);
        expect(await registry.locate(['alice'])).toEqual([changed]);
        expect(await known(registry, 'g1', [connection])).toBe(true);
      });

      it('brings nothing back', async () => {
        const { registry } = await setUp();
        const connection = connectionOf('g1', 1, 'alice');
        await registry.update(connection);
        await registry.register(gatewayOf('g1'), [connection], false);
        await registry.unregister('g1', [connection]);
        await registry.update(connection);
        expect(await registry.locate(['alice'])).toEqual([]);
      });
    });

    describe('renew', () => {
      it('tells whether it knows just these connections, in whatever order they came', async () => {
        const { registry } = await setUp();
        const connections = Array.from({ length: 20 }, (_, i) => connectionOf('g1', i, `user ${i % 7}`));
        await registry.register(gatewayOf('g1'), connections.slice(10), false);
        await registry.register(gatewayOf('g1'), connections.slice(0, 10), false);
        expect(await known(registry, 'g1', connections)).toBe(true);
        expect(await known(registry, 'g1', [...connections].reverse())).toBe(true);
        expect(await known(registry, 'g1', connections.slice(1))).toBe(false);
        expect(await known(registry, 'g1', [...connections, connectionOf('g1', 20, 'x')])).toBe(false);
        expect(await known(registry, 'g1', [...connections.slice(1), connectionOf('g1', 0, 'x')])).toBe(false);
        expect(await registry.renew(gatewayOf('g1'), digestOf(connections), 19)).toBe(false);
        await registry.unregister('g1', connections.slice(0, 1));
        expect(await known(registry, 'g1', connections)).toBe(false);
        expect(await known(registry, 'g1', connections.slice(1))).toBe(true);
      });

      it('does not know a gateway that it never saw, or forgot', async () => {
        const { registry, leaseMs, pass } = await setUp();
        const connection = connectionOf('g1', 1, 'alice');
        expect(await known(registry, 'g1', [connection])).toBe(false);
        await registry.register(gatewayOf('g1'), [connection], true);
        await pass(leaseMs + 1);
        await registry.reap();
        expect(await known(registry, 'g1', [connection])).toBe(false);
        await registry.register(gatewayOf('g1'), [connection], true);
        expect(await known(registry, 'g1', [connection])).toBe(true);
      });

      it('holds when many register and leave at the same time', async () => {
        const { registry } = await setUp();
        const all = Array.from({ length: 400 }, (_, i) => connectionOf('g1', i, `user ${i % 50}`));
        await Promise.all(all.map((connection) => registry.register(gatewayOf('g1'), [connection], false)));
        await Promise.all(all.slice(200).map((connection) => registry.unregister('g1', [connection])));
        expect(await known(registry, 'g1', all.slice(0, 200))).toBe(true);
        const everybody = Array.from({ length: 50 }, (_, i) => `user ${i}`);
        expect(sorted(await registry.locate(everybody))).toEqual(all.slice(0, 200));
      });
    });

    describe('leases', () => {
      it('drop what a gateway had when they run out, and not before', async () => {
        const { registry, leaseMs, pass } = await setUp();
        const dead = [connectionOf('g1', 1, 'alice'), connectionOf('g1', 2, 'bob')];
        const alive = connectionOf('g2', 1, 'bob');
        await registry.register(gatewayOf('g1'), dead, false);
        await pass(leaseMs / 2);
        await registry.register(gatewayOf('g2'), [alive], false);
        expect((await registry.reap()).connections).toEqual([]);
        expect(await registry.locate(['alice'])).toEqual([dead[0]]);
        await pass(leaseMs / 2 + 1);
        expect(sorted((await registry.reap()).connections)).toEqual(dead);
        expect(await registry.locate(['alice', 'bob'])).toEqual([alive]);
        expect((await registry.reap()).connections).toEqual([]);
      });

      it.each([
        ['renew', (registry: Registry) => registry.renew(gatewayOf('g1'), '', 0)],
        ['register', (registry: Registry) => registry.register(gatewayOf('g1'), [], false)],
        ['watch', (registry: Registry) => registry.watch('g1', ['bob'], [])],
      ])('go on with %s', async (_name, renewed) => {
        const { registry, leaseMs, pass } = await setUp();
        const connection = connectionOf('g1', 1, 'alice');
        await registry.register(gatewayOf('g1'), [connection], false);
        await pass(leaseMs * 0.6);
        await renewed(registry);
        await pass(leaseMs * 0.6);
        expect((await registry.reap()).connections).toEqual([]);
        expect(await registry.locate(['alice'])).toEqual([connection]);
      });

      it('end when they are ended, as if they had run out', async () => {
        const { registry } = await setUp();
        const [leaving, staying] = [connectionOf('g1', 1, 'alice'), connectionOf('g2', 1, 'alice')];
        await registry.register(gatewayOf('g1'), [leaving], false);
        await registry.register(gatewayOf('g2'), [staying], false);
        await registry.watch('g1', ['bob'], []);
        await registry.endLease('g1');
        await registry.endLease('nobody');
        expect(await registry.gateways()).toEqual([gatewayOf('g2')]);
        expect((await registry.reap()).connections).toEqual([leaving]);
        expect(await registry.locate(['alice'])).toEqual([staying]);
        expect(await registry.watchers('bob')).toEqual([]);
        expect((await registry.reap()).connections).toEqual([]);
        expect(await known(registry, 'g1', [])).toBe(false);
      });

      it('say when the next one runs out', async () => {
        const { registry, leaseMs, nowMs, pass } = await setUp();
        expect((await registry.reap()).nextMs).toBeGreaterThan(nowMs());
        await registry.register(gatewayOf('g1'), [connectionOf('g1', 1, 'alice')], false);
        await pass(leaseMs / 2);
        await registry.register(gatewayOf('g2'), [connectionOf('g2', 1, 'bob')], false);
        const { nextMs } = await registry.reap();
        expect(nextMs - nowMs()).toBeGreaterThan(0);
        expect(nextMs - nowMs()).toBeLessThanOrEqual(leaseMs / 2);
        await pass(nextMs - nowMs());
        expect((await registry.reap()).connections.map(({ userId }) => userId)).toEqual(['alice']);
      });
    });

    describe('gateways', () => {
      const listed = async (registry: Registry): Promise<Gateway[]> =>
        [...(await registry.gateways())].sort((a, b) => a.gatewayId.localeCompare(b.gatewayId));

      it('are those that live, where they said last that they are', async () => {
        const { registry, leaseMs, pass } = await setUp();
        expect(await listed(registry)).toEqual([]);
        const [g1, g2] = [gatewayOf('g1'), gatewayOf('g2')];
        await registry.register(g1, [connectionOf('g1', 1, 'alice')], false);
        await registry.renew(g2, '', 0);
        expect(await listed(registry)).toEqual([g1, g2]);
        await pass(leaseMs * 0.6);
        const moved = gatewayOf('g2', '[::1]:9090');
        await registry.renew(moved, '', 0);
        expect(await listed(registry)).toEqual([g1, moved]);
        await pass(leaseMs * 0.6);
        // Whether or not anybody reaped: nobody calls a gateway that is dead.
        expect(await listed(registry)).toEqual([moved]);
        await registry.reap();
        expect(await listed(registry)).toEqual([moved]);
      });

      it('keep their address while they watch, and are not listed without one', async () => {
        const { registry } = await setUp();
        await registry.watch('g1', ['alice'], []);
        await registry.renew(gatewayOf('g2', ''), '', 0);
        expect(await listed(registry)).toEqual([]);
        await registry.renew(gatewayOf('g1'), '', 0);
        await registry.watch('g1', ['bob'], []);
        await registry.register(gatewayOf('g1', ''), [], true);
        expect(await listed(registry)).toEqual([gatewayOf('g1')]);
      });
    });

    describe('people who left', () => {
      const LONG_MS = 60_000;

      it('are given once, and again after a time, until they are settled', async () => {
        const { registry, leaseMs, pass } = await setUp();
        const [phone, laptop] = [connectionOf('g1', 1, 'alice'), connectionOf('g1', 2, 'bob')];
        await registry.register(gatewayOf('g1'), [phone, laptop, connectionOf('g1', 3, 'carol')], false);
        await registry.update({ ...phone, status: 'BUSY' });
        expect(await registry.unsettled(0, LONG_MS)).toEqual([]);
        await registry.unregister('g1', [phone]);
        await pass(leaseMs / 4);
        await registry.register(gatewayOf('g1'), [connectionOf('g1', 3, 'carol')], true);
        await pass(1);
        expect(await registry.unsettled(LONG_MS, leaseMs / 4)).toEqual([]);
        expect(await registry.unsettled(0, leaseMs / 4)).toEqual(['alice', 'bob']);
        expect(await registry.unsettled(0, leaseMs / 4)).toEqual([]);
        await pass(leaseMs / 4);
        expect([...(await registry.unsettled(0, 0))].sort()).toEqual(['alice', 'bob']);
        await registry.settle('alice', 0);
        await registry.settle('nobody', 0);
        expect(await registry.unsettled(0, 0)).toEqual(['bob']);
        await registry.settle('bob', LONG_MS);
        expect(await registry.unsettled(0, 0)).toEqual(['bob']);
      });

      it('are those of dead gateways too', async () => {
        const { registry, leaseMs, pass } = await setUp();
        await registry.register(gatewayOf('g1'), [connectionOf('g1', 1, 'alice')], false);
        await pass(leaseMs);
        await registry.reap();
        await pass(1);
        expect(await registry.unsettled(0, LONG_MS)).toEqual(['alice']);
      });
    });

    describe('interest', () => {
      const digestOfIds = (ids: readonly string[]): { digest: string; count: number } => {
        const digest = new IdDigest();
        for (const id of ids) digest.add(id);
        return { digest: digest.toString(), count: ids.length };
      };
      const knows = (registry: Registry, gatewayId: string, channelIds: readonly string[]): Promise<boolean> =>
        registry.renew(gatewayOf(gatewayId), digestOf([]), 0, digestOfIds(channelIds));

      it('finds the gateways of each channel, in the order asked', async () => {
        const { registry } = await setUp();
        await registry.interest('g1', ['c1', 'c2'], [], false);
        await registry.interest('g2', ['c2'], [], false);
        await registry.interest('g2', ['c2', 'c3'], [], false);
        const found = await registry.interested(['c3', 'c2', 'nobody', 'c1']);
        expect(found.map((ids) => [...ids].sort())).toEqual([['g2'], ['g1', 'g2'], [], ['g1']]);
        await registry.interest('g2', [], ['c2', 'c9'], false);
        expect(await registry.interested(['c2', 'c3'])).toEqual([['g1'], ['g2']]);
        expect(await registry.interested([])).toEqual([]);
      });

      it('tells at a renewal whether it knows just these channels', async () => {
        const { registry } = await setUp();
        const ids = Array.from({ length: 1200 }, (_, index) => `channel ${index}`);
        await registry.interest('g1', ids, [], false);
        expect(await knows(registry, 'g1', ids.toReversed())).toBe(true);
        expect(await knows(registry, 'g1', ids.slice(1))).toBe(false);
        expect(await knows(registry, 'g2', [])).toBe(false);
        await registry.interest('g1', [], ids.slice(10), false);
        expect(await knows(registry, 'g1', ids.slice(0, 10))).toBe(true);
        await registry.interest('g1', ['x', 'channel 3'], [], true);
        expect(await knows(registry, 'g1', ['channel 3', 'x'])).toBe(true);
        expect(await registry.interested(['channel 3', 'channel 4', 'x'])).toEqual([['g1'], [], ['g1']]);
        // A gateway that says nothing of channels is asked for its connections alone.
        expect(await known(registry, 'g1', [])).toBe(true);
      });

      it('ends with the lease of its gateway', async () => {
        const { registry, leaseMs, pass } = await setUp();
        const ids = Array.from({ length: 700 }, (_, index) => `channel ${index}`);
        await registry.interest('g1', ids, [], false);
        await pass(leaseMs * 0.6);
        await registry.interest('g2', ['channel 1'], [], false);
        await pass(leaseMs * 0.6);
        await registry.reap();
        expect(await registry.interested(['channel 1', 'channel 699'])).toEqual([['g2'], []]);
        expect(await knows(registry, 'g1', ids)).toBe(false);
        await registry.interest('g1', ids, [], true);
        expect(await knows(registry, 'g1', ids)).toBe(true);
      });
    });

    describe('watch', () => {
      it('knows which gateways want to know of a person', async () => {
        const { registry } = await setUp();
        await registry.watch('g1', ['alice', 'bob'], []);
        await registry.watch('g2', ['alice'], []);
        await registry.watch('g2', ['alice'], []);
        expect([...(await registry.watchers('alice'))].sort()).toEqual(['g1', 'g2']);
        expect(await registry.watchers('bob')).toEqual(['g1']);
        expect(await registry.watchers('carol')).toEqual([]);
        await registry.watch('g2', ['bob'], ['alice', 'carol']);
        expect(await registry.watchers('alice')).toEqual(['g1']);
        expect([...(await registry.watchers('bob'))].sort()).toEqual(['g1', 'g2']);
      });

      it('forgets gateways whose lease has run out', async () => {
        const { registry, leaseMs, pass } = await setUp();
        await registry.watch('g1', ['alice'], []);
        await pass(leaseMs / 2);
        await registry.watch('g2', ['alice'], []);
        await pass(leaseMs / 2 + 1);
        await registry.reap();
        expect(await registry.watchers('alice')).toEqual(['g2']);
      });

      it('outlasts connections: watching and being connected are two things', async () => {
        const { registry } = await setUp();
        await registry.register(gatewayOf('g1'), [connectionOf('g1', 1, 'alice')], false);
        await registry.watch('g1', ['bob'], []);
        await registry.register(gatewayOf('g1'), [], true);
        expect(await registry.watchers('bob')).toEqual(['g1']);
      });
    });
  });
}
