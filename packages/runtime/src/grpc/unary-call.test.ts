import { ClatterError, type ErrorCode, errorKinds } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { toProblem } from '../problem.ts';
import { currentTraceparent, inTrace, newTraceparent, traceIdOf } from '../trace.ts';
import { EchoNet, sleepMs } from './testing.ts';

describe('a call over gRPC', () => {
  it('is what a direct call is', async () => {
    await using net = new EchoNet();
    const { calls } = net.client((await net.serve()).port);
    const request = { conversationId: 'ü – 日本', limit: 7, aroundSeq: 2 ** 40 };
    expect(await calls.say(request)).toMatchObject(request);
    expect(await calls.stream(request)).toMatchObject(request);
  });

  it.each(Object.keys(errorKinds) as ErrorCode[])('rejects with %s as it was thrown', async (code) => {
    await using net = new EchoNet();
    const thrown = new ClatterError(code, `ünwanted: ${code}\n100 %`, { retryAfterMs: 1234 });
    const fails = async () => Promise.reject(thrown);
    const { calls } = net.client((await net.serve({ say: fails, stream: fails })).port);
    const { message } = thrown;
    for (const call of [calls.say, calls.stream])
      await expect(call({})).rejects.toMatchObject({ name: 'ClatterError', code, message, retryAfterMs: 1234 });
  });

  it('shows nothing of a bug', async () => {
    await using net = new EchoNet();
    const say = async () => Promise.reject(new TypeError('row of alice: secret'));
    const error = await net
      .client((await net.serve({ say })).port)
      .calls.say({})
      .catch((reason) => reason);
    expect(error).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain('secret');
  });

  it('says where nobody answers to operators, and not to clients', async () => {
    await using net = new EchoNet();
    const server = await net.serve();
    await server.close();
    const { calls } = net.client(server.port);
    for (const call of [calls.say, calls.stream]) {
      const error = await call({}).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(String(server.port)) });
      expect(JSON.stringify(toProblem(error))).not.toMatch(/127\.0\.0\.1|ECONN|clatter\./);
    }
  });

  it('fails with UNAVAILABLE by its deadline, whatever the other side does', async () => {
    await using net = new EchoNet();
    const say = () => new Promise<never>(() => undefined);
    const { calls } = net.client((await net.serve({ say })).port, { deadlineMs: 150 });
    await expect(calls.say({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('fails with UNAVAILABLE where nobody is', async () => {
    await using net = new EchoNet();
    const { port, close } = await net.serve();
    await close();
    const client = net.client(port);
    await expect(client.calls.say({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(client.connected()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('repeats a read that found nobody, and nothing else', async () => {
    await using net = new EchoNet();
    let tries = 0;
    const failTwice = async () => {
      if (++tries % 3 !== 0) throw new ClatterError('UNAVAILABLE', 'away');
      return { limit: tries };
    };
    const { calls } = net.client((await net.serve({ say: failTwice, look: failTwice })).port);
    expect(await calls.look({})).toMatchObject({ limit: 3 });
    await expect(calls.say({})).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'away' });
    expect(tries).toBe(4);
  });

  it('stops repeating reads where all of them fail', async () => {
    await using net = new EchoNet();
    let tries = 0;
    const look = async () => {
      tries++;
      throw new ClatterError('UNAVAILABLE', 'away');
    };
    const { calls } = net.client((await net.serve({ look })).port);
    for (let i = 0; i < 20; i++) await calls.look({}).catch(() => undefined);
    expect(tries).toBeLessThan(30);
  });

  it('refuses a message above the bound, on either side', async () => {
    await using net = new EchoNet();
    const large = { conversationId: 'x'.repeat(5 << 20) };
    const { calls } = net.client((await net.serve({ look: async () => large })).port);
    await expect(calls.say(large)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(calls.look({})).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('goes to all addresses in turn, and to those that are left', async () => {
    await using net = new EchoNet();
    const servers = [
      await net.serve({ say: async () => ({ limit: 1 }) }),
      await net.serve({ say: async () => ({ limit: 2 }) }),
    ];
    const { calls } = net.client(servers.map(({ port }) => `127.0.0.1:${port}`).join(','));
    const answered = async () =>
      new Set((await Promise.all(Array.from({ length: 20 }, () => calls.say({})))).map(({ limit }) => limit));
    await calls.say({});
    await sleepMs(200);
    expect(await answered()).toEqual(new Set([1, 2]));
    await servers[0]?.close();
    await sleepMs(200);
    expect(await answered()).toEqual(new Set([2]));
  });

  it('is part of the trace of its caller', async () => {
    await using net = new EchoNet();
    const say = async () => ({ conversationId: currentTraceparent() ?? '' });
    const { calls } = net.client((await net.serve({ say })).port);
    const trace = newTraceparent();
    const { conversationId = '' } = await inTrace(trace, () => calls.say({}));
    expect(traceIdOf(conversationId)).toBe(traceIdOf(trace));
    expect(conversationId).not.toBe(trace);
  });

  it('answers what was taken when the server closes', async () => {
    await using net = new EchoNet();
    let taken = 0;
    const say = async () => {
      taken++;
      await sleepMs(200);
      return { limit: 5 };
    };
    const server = await net.serve({ say, stream: say });
    const { calls } = net.client(server.port);
    const answers = Promise.all([calls.say({}), calls.stream({})]);
    while (taken < 2) await sleepMs(5);
    await server.close();
    expect(await answers).toMatchObject([{ limit: 5 }, { limit: 5 }]);
    expect(net.lost).toBe(0);
  });

  it('names the setting where the port is taken', async () => {
    await using net = new EchoNet();
    const { port } = await net.serve();
    await expect(net.serve({}, {}, port)).rejects.toThrow(/port \d+ on 127.0.0.1 is taken; set CLATTER_TEST_GRPC_PORT/);
  });
});
