import type { History, Input } from '@clatter/wire';
import { ClatterError } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { EchoNet, sleepMs, until } from './testing.ts';

describe('calls on one stream', () => {
  it('are answered in their order, however long each takes', async () => {
    await using net = new EchoNet();
    const begun: number[] = [];
    const stream = async ({ limit = 0 }: Input<History>) => {
      begun.push(limit);
      await sleepMs(limit % 3 === 0 ? 20 : 0);
      return { limit };
    };
    const { calls } = net.client((await net.serve({ stream })).port);
    const answered: number[] = [];
    await Promise.all(
      Array.from({ length: 600 }, async (_, i) => {
        const { limit = 0 } = await calls.stream({ limit: i });
        expect(limit).toBe(i);
        answered.push(limit);
      }),
    );
    expect(answered).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(begun).toEqual(answered);
  });

  it('reject with UNAVAILABLE, all of them, when the other side dies; the next go to the one that is back', async () => {
    await using net = new EchoNet();
    let taken = 0;
    const hang = () => {
      taken++;
      return new Promise<never>(() => undefined);
    };
    const first = await net.serve({ stream: hang });
    const { calls } = net.client(first.port, { deadlineMs: 60_000 });
    const pending = Promise.allSettled(Array.from({ length: 50 }, () => calls.stream({})));
    await until(() => taken === 50);
    // Its calls never end: it is closed by force.
    await first.close();
    const reasons = (await pending).map((result) => result.status === 'rejected' && result.reason);
    expect(reasons.every((reason) => reason instanceof ClatterError && reason.code === 'UNAVAILABLE')).toBe(true);

    await net.serve({}, {}, first.port);
    const back = async (): Promise<number> => {
      for (;;) {
        try {
          return (await calls.stream({ limit: 9 })).limit ?? 0;
        } catch (error) {
          expect(error).toMatchObject({ code: 'UNAVAILABLE' });
          await sleepMs(20);
        }
      }
    };
    expect(await back()).toBe(9);
  });

  it('break where no answer comes in time', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve({ stream: () => new Promise<never>(() => undefined) });
    const { calls } = net.client(port, { deadlineMs: 150 });
    await expect(calls.stream({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await until(() => net.lost === 1);
  });

  it('break where the other side does not answer probes', async () => {
    await using net = new EchoNet();
    // Something that takes connections and says nothing.
    const { createServer } = await import('node:net');
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as { port: number };
    const { calls } = net.client(port, { deadlineMs: 500, keepAliveMs: 100 });
    await expect(calls.stream({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    mute.close();
  });

  it('tell the server of a stream that was broken off, and not of one that ended', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve({
      stream: async ({ limit = 0 }) => (limit === 0 ? {} : new Promise<never>(() => undefined)),
    });
    const ending = net.client(port);
    await ending.calls.stream({});
    ending.close();
    await sleepMs(100);
    expect(net.lost).toBe(0);
    const breaking = net.client(port);
    const lost = breaking.calls.stream({ limit: 1 }).catch((error: ClatterError) => error.code);
    await sleepMs(100);
    breaking.close();
    expect(await lost).toBe('UNAVAILABLE');
    await until(() => net.lost === 1);
  });

  it('give the error to the request that it is about', async () => {
    await using net = new EchoNet();
    const stream = async ({ limit = 0 }: Input<History>) => {
      if (limit === 2) throw new ClatterError('NOT_FOUND', 'nobody is called 2');
      return { limit };
    };
    const { calls } = net.client((await net.serve({ stream })).port);
    const results = await Promise.allSettled([1, 2, 3].map((limit) => calls.stream({ limit })));
    expect(results).toMatchObject([
      { status: 'fulfilled', value: { limit: 1 } },
      { status: 'rejected', reason: { code: 'NOT_FOUND', message: 'nobody is called 2' } },
      { status: 'rejected', reason: { code: 'UNAVAILABLE' } },
    ]);
  });

  it('are held back by a server that does not keep up, and refused past a bound', async () => {
    await using net = new EchoNet();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let begun = 0;
    const stream = async () => {
      begun++;
      await gate;
      return {};
    };
    const { calls } = net.client((await net.serve({ stream })).port);
    const text = 'x'.repeat(100_000);
    const results = Promise.allSettled(Array.from({ length: 400 }, () => calls.stream({ conversationId: text })));
    await until(() => begun > 0);
    await sleepMs(300);
    // 32 MiB of the 40 wait: on the way, or for room.
    expect(begun).toBeLessThanOrEqual(256);
    open();
    const refused = (await results).filter(({ status }) => status === 'rejected').length;
    expect(refused).toBeGreaterThan(50);
    expect(refused).toBeLessThan(100);
    expect(begun).toBe(400 - refused);
  });
});
