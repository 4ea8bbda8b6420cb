/** How a gateway starts and stops. */
import { StartError } from '@clatter/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpNet } from '../test/http-net.ts';
import { SmallPlatform } from '../test/small-platform.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('starting and stopping', () => {
  test('a taken port is one clear line', async () => {
    const port = String(net.platform.gateway.port);
    const failed = await SmallPlatform.start({ CLATTER_HTTP_PORT: port }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StartError);
    expect((failed as Error).message).toBe(`port ${port} on 127.0.0.1 is taken; set CLATTER_HTTP_PORT to a free one`);
  });

  test('a gateway that leaves answers what it took, and asks its sockets to go', async () => {
    const leaving = await SmallPlatform.start({ CLATTER_GATEWAY_DRAIN_MS: '600' });
    const person = await leaving.person('alice');
    await leaving.http('POST', '/v1/accounts', { username: 'slow', password: 'correct horse' });
    const [live, silent] = [await leaving.hello(person), leaving.socket()];
    await expect.poll(() => silent.raw.readyState).toBe(1);
    const { url } = leaving;
    const slow = leaving.http('POST', '/v1/sessions', { login: 'slow', password: 'correct horse' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = leaving[Symbol.asyncDispose]();
    expect(leaving.gateway.ready()).toEqual({ ok: false, reasons: ['the gateway takes no sockets'] });
    expect((await slow).status).toBe(201);
    expect(await silent.close()).toMatchObject({ code: 4000 });
    const { goAway } = await live.frame((frame) => frame.goAway);
    expect(await live.close()).toEqual({ code: 4000, reason: String(goAway.reconnectAfterMs) });
    await stopped;
    expect(leaving.presence.connections.size).toBe(0);
    await expect(fetch(`${url}/v1/me`)).rejects.toThrow();
  });
});
