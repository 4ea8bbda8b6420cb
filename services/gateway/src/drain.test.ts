import { expect, test } from 'vitest';
import { drainConnections } from './drain.ts';
import { TestGateway } from './test/test-gateway.ts';

test('sockets are asked to leave over the grace, and closed a moment later with a hint', async () => {
  const gateway = new TestGateway();
  const clients = await Promise.all([1, 2, 3, 4].map((person) => gateway.live(person)));
  const waiting = gateway.open();
  const draws = [0.1, 0.0, 0.2, 0.5, 0.3, 0.9, 0.4, 0.99, 0.6];
  const all = new Set([...clients, waiting].map(({ connection }) => connection));
  let done = false;
  void drainConnections(all, {
    clock: gateway.clock,
    random: () => draws.shift() ?? 0,
    graceMs: 2000,
  }).then(() => {
    done = true;
  });
  // One without a session has nothing to finish.
  expect(waiting.socket.closed).toMatchObject({ code: 4000 });
  const left: number[][] = [];
  for (let ms = 0; ms < 2000; ms += 100) {
    await gateway.clock.advance(100);
    left.push([
      clients.filter(({ socket }) => socket.frames.some(({ goAway }) => goAway)).length,
      clients.filter(({ socket }) => socket.closed).length,
    ]);
  }
  expect(left[0]).toEqual([1, 0]);
  expect(left.at(-1)).toEqual([4, 4]);
  expect(left.some(([asked = 0, closed = 0]) => asked > 1 && asked < 4 && closed < asked)).toBe(true);
  expect(done).toBe(true);
  for (const { socket } of clients) {
    const hint = socket.frames[0]?.goAway?.reconnectAfterMs;
    expect(hint).toBeLessThanOrEqual(1500);
    expect(socket.closed).toEqual({ code: 4000, reason: String(hint), drop: false });
  }
});

test('without a grace all are closed at once', async () => {
  const gateway = new TestGateway();
  const client = await gateway.live();
  const drained = drainConnections(new Set([client.connection]), {
    clock: gateway.clock,
    random: () => 0.5,
    graceMs: 0,
  });
  await gateway.settle();
  await drained;
  expect(client.socket.closed).toMatchObject({ code: 4000 });
});
