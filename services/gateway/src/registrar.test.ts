import type { Connection as Registered } from '@clatter/contracts/presence';
import { ManualClock } from '@clatter/runtime/testing';
import type { Input, Presence } from '@clatter/wire';
import { expect, test } from 'vitest';
import { Registrar } from './registrar.ts';
import { quiet, SmallPresence } from './test/small-parts.ts';
import { idOf } from './test/test-gateway.ts';

const RENEW_MS = 4000;

function setUp() {
  const clock = new ManualClock();
  const presence = new SmallPresence();
  const lost: number[] = [];
  const healed: number[] = [];
  const states: (readonly Input<Presence>[])[] = [];
  const registrar = new Registrar({
    gatewayId: 'g',
    address: () => '10.0.0.1:9090',
    presence,
    clock,
    logger: quiet,
    renewMs: RENEW_MS,
    onLost: () => lost.push(clock.nowMs()),
    onHealed: () => healed.push(clock.nowMs()),
    onStates: (known) => states.push(known),
  });
  return { clock, presence, registrar, lost, healed, states };
}

const connection = (number: number): Registered => ({
  userId: idOf(number),
  sessionId: idOf(number + 100),
  gatewayId: 'g',
  connection: number,
  encoding: 'json',
  foreground: true,
  status: 'ONLINE',
  deviceId: '',
});

test('what comes in one turn goes in one call, what comes meanwhile in the next', async () => {
  const { clock, presence, registrar } = setUp();
  let open = (): void => undefined;
  presence.gate = new Promise((resolve) => {
    open = resolve;
  });
  const added = Promise.all([registrar.add(connection(1)), registrar.add(connection(2))]);
  await clock.advance(0);
  void registrar.add(connection(3));
  registrar.remove(connection(1));
  void registrar.add(connection(4));
  registrar.remove(connection(3));
  open();
  await added;
  await clock.advance(0);
  expect(presence.calls).toEqual(['register 1,2', 'register 3,4', 'unregister 1,3']);
  expect([...presence.connections.keys()]).toEqual([2, 4]);
});

test('presence is told of a gateway before it has connections; where it is away, when it is back', async () => {
  const { clock, presence, registrar, healed } = setUp();
  presence.away = true;
  await registrar.start();
  expect(registrar.announced).toBe(false);
  presence.away = false;
  await clock.advance(RENEW_MS);
  expect(registrar.announced).toBe(true);
  const other = setUp();
  await other.registrar.start();
  expect(other.registrar.announced).toBe(true);
  expect(other.presence.calls).toEqual(['renew']);
  expect([...healed, ...other.healed]).toHaveLength(1);
});

test('a renewal finds what it should, whatever comes and goes meanwhile', async () => {
  const { clock, presence, registrar, healed } = setUp();
  await registrar.start();
  for (let number = 1; number <= 300; number++) {
    void registrar.add(connection(number));
    if (number > 10 && number % 3 > 0) registrar.remove(connection(number - 10));
    await clock.advance(RENEW_MS / 20);
  }
  expect(presence.calls.filter((call) => call === 'renew').length).toBeGreaterThan(10);
  expect(healed).toEqual([]);
  await registrar.stop();
  expect(clock.waiting).toBe(0);
});

test('a registry that forgot is told everything again, and everybody syncs', async () => {
  const { clock, presence, registrar, healed, states } = setUp();
  await registrar.start();
  await Promise.all([registrar.add(connection(1)), registrar.add(connection(2)), registrar.watch([idOf(7)])]);
  presence.connections.clear();
  presence.watched.clear();
  await clock.advance(RENEW_MS);
  expect([...presence.connections.keys()]).toEqual([1, 2]);
  expect([...presence.watched]).toEqual([idOf(7)]);
  expect(healed).toHaveLength(1);
  expect(states).toEqual([[{ userId: idOf(7), status: 'OFFLINE', lastSeenMs: 0 }]]);
  await clock.advance(RENEW_MS * 3);
  expect(healed).toHaveLength(1);
});

test('a registry that remembers too much is told too', async () => {
  const { clock, presence, registrar, healed } = setUp();
  await registrar.start();
  await registrar.add(connection(1));
  presence.connections.set(99, connection(99));
  await clock.advance(RENEW_MS);
  expect([...presence.connections.keys()]).toEqual([1]);
  expect(healed).toHaveLength(1);
});

test('while presence is away nobody waits for it; when it is back, it knows all that is left, and they sync', async () => {
  const { clock, presence, registrar, healed } = setUp();
  await registrar.start();
  await registrar.add(connection(1));
  await registrar.add(connection(2));
  presence.away = true;
  await registrar.add(connection(3));
  await registrar.add(connection(4));
  registrar.remove(connection(1));
  registrar.remove(connection(3));
  expect(await registrar.watch([idOf(7)])).toEqual([{ userId: idOf(7), status: 'UNKNOWN' }]);
  await clock.advance(RENEW_MS * 2);
  expect(healed).toEqual([]);
  presence.away = false;
  await clock.advance(RENEW_MS);
  expect([...presence.connections.keys()]).toEqual([2, 4]);
  expect([...presence.watched]).toEqual([idOf(7)]);
  expect(healed).toHaveLength(1);
  await registrar.add(connection(5));
  expect([...presence.connections.keys()]).toEqual([2, 4, 5]);
  await clock.advance(RENEW_MS * 3);
  expect(healed).toHaveLength(1);
});

test('what comes while all are registered again is not lost', async () => {
  const { clock, presence, registrar, healed } = setUp();
  await registrar.start();
  await registrar.add(connection(1));
  await registrar.add(connection(2));
  presence.connections.clear();
  let open = (): void => undefined;
  presence.gate = new Promise((resolve) => {
    open = resolve;
  });
  await clock.advance(RENEW_MS);
  void registrar.add(connection(3));
  registrar.remove(connection(1));
  open();
  await clock.advance(0);
  await clock.advance(RENEW_MS);
  expect([...presence.connections.keys()].sort()).toEqual([2, 3]);
  expect(healed).toHaveLength(1);
});

test('more connections than one call takes', async () => {
  const { clock, presence, registrar } = setUp();
  await registrar.start();
  await Promise.all(Array.from({ length: 2500 }, (_, index) => registrar.add(connection(index + 1))));
  expect(presence.calls.filter((call) => call.startsWith('register'))).toHaveLength(3);
  presence.connections.clear();
  await clock.advance(RENEW_MS);
  expect(presence.connections.size).toBe(2500);
});

test('whoever is watched again at once is not let go', async () => {
  const { clock, presence, registrar } = setUp();
  await registrar.watch([idOf(7), idOf(8)]);
  registrar.unwatch([idOf(7), idOf(8)]);
  expect(await registrar.watch([idOf(7)])).toMatchObject([{ userId: idOf(7), status: 'OFFLINE' }]);
  await clock.advance(0);
  expect([...presence.watched]).toEqual([idOf(7)]);
});

test('renews as often as the lease wants it, where it is set to less', async () => {
  const { clock, presence, registrar, healed } = setUp();
  presence.leaseMs = 3000;
  registrar.start();
  await clock.advance(6000);
  expect(presence.calls).toEqual(Array.from({ length: 7 }, () => 'renew'));
  expect(healed).toEqual([]);
  await registrar.stop();
});

test('stop waits until those who left are unregistered, and leaves; nothing is told afterwards', async () => {
  const { clock, presence, registrar } = setUp();
  registrar.start();
  await registrar.add(connection(1));
  registrar.remove(connection(1));
  await registrar.stop();
  expect(presence.connections.size).toBe(0);
  expect(presence.calls.at(-1)).toBe('leave');
  void registrar.add(connection(2));
  await clock.advance(RENEW_MS * 2);
  expect(presence.calls.at(-1)).toBe('leave');
});

test('stop ends where presence is away', async () => {
  const { presence, registrar } = setUp();
  presence.away = true;
  await registrar.stop();
  expect(presence.calls).toEqual(['leave']);
});
