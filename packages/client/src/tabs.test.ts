/** What several clients on one storage send, as the tabs of a browser do. */
import { describe, expect, it } from 'vitest';
import { tabsOfAlice as setUp } from './testing/tabs.ts';

describe.each([
  ['with Web Locks', true],
  ['without Web Locks', false],
])('messages of two tabs, %s', (_, isSecure) => {
  it('are in the log once each, in the order of their tab, and in both tabs', async () => {
    const { clock, platform, pair } = setUp({ isSecure });
    const { one, two, id } = await pair();
    const fates = ['store', 'store, no ack', { code: 'UNAVAILABLE', retryAfterMs: 100 }, 'ack first'] as const;
    let tries = 0;
    platform.onCommand = () => fates[tries++ % fates.length] as 'store';
    const texts = (name: string): string[] => Array.from({ length: 20 }, (_unused, index) => `${name} ${index}`);
    for (let index = 0; index < 20; index++) {
      one.client.send(id, `one ${index}`);
      two.client.send(id, `two ${index}`);
      await clock.pass(300);
      if (index % 7 === 0) platform.cut();
    }
    await clock.pass(120_000);
    const stored = platform.texts(id);
    expect(stored.length).toBe(40);
    for (const name of ['one', 'two']) expect(stored.filter((text) => text?.startsWith(name))).toEqual(texts(name));
    for (const { client, told, errors } of [one, two]) {
      expect([client.waiting, client.events(id).length, errors]).toEqual([0, 41, []]);
      expect(told.get(id)).toEqual(Array.from({ length: 41 }, (_unused, index) => index + 1));
    }
  });

  it('that a tab left are sent by another that is open, and by one that opens later', async () => {
    const { clock, platform, next, keys, pair } = setUp({ isSecure });
    const { one, two, id } = await pair();
    platform.isUp = false;
    platform.cut();
    one.client.send(id, 'left by one');
    one.client.send(id, 'and another');
    // The other tab does not even see yet that they are there.
    await one.kill();
    await clock.pass(1000);
    expect(two.client.waiting).toBe(2);
    expect(two.client.conversation(id)?.lastMessage).toMatchObject({ status: 'pending' });
    two.client.send(id, 'of two');
    await two.kill();
    platform.isUp = true;
    const three = await next();
    await clock.pass(30_000);
    expect(platform.texts(id)).toEqual(['left by one', 'and another', 'of two']);
    expect([three.client.waiting, three.client.timeline(id).length]).toEqual([0, 4]);
    expect(keys().filter((key) => key.startsWith('outbox'))).toEqual([]);
  });

  it('keep their order over a reload, though another tab has taken what was left', async () => {
    const { clock, platform, next, pair } = setUp({ isSecure });
    const { one, two, id } = await pair();
    const isTwos = platform.socketOf('alice') === [...platform.lines].at(-1)?.socket;
    expect(isTwos).toBe(false);
    platform.isUp = false;
    platform.cut();
    one.client.send(id, 'before the reload');
    await one.kill();
    await clock.pass(1000);
    expect(two.client.waiting).toBe(1);
    const again = await next();
    again.client.send(id, 'after the reload');
    // The other one stays without a line.
    void two.client.close();
    platform.isUp = true;
    await clock.pass(30_000);
    expect(platform.texts(id)).toEqual(['before the reload', 'after the reload']);
  });
});

describe('the outbox of a tab', () => {
  it('is left alone while the tab is there, but by those that open', async () => {
    const { clock, platform, next, pair } = setUp();
    const { one, two, id } = await pair();
    platform.isUp = false;
    platform.cut();
    one.client.send(id, 'waits');
    await clock.pass(60_000);
    expect(two.client.waiting).toBe(0);
    // A reload of the other tab: what its person writes from now on comes behind all that waits.
    await two.kill();
    const three = await next();
    expect(three.client.waiting).toBe(1);
    platform.isUp = true;
    await clock.pass(30_000);
    expect(platform.texts(id)).toEqual(['waits']);
    expect([one.client.waiting, three.client.waiting]).toEqual([0, 0]);
  });

  it('is for others where its client is closed, and its own again where that connects', async () => {
    const { clock, platform, pair } = setUp();
    const { one, two, id } = await pair();
    platform.isUp = false;
    platform.cut();
    one.client.send(id, 'first');
    await one.client.close();
    one.client.send(id, 'second, while closed');
    await clock.pass(1000);
    expect(two.client.waiting).toBe(2);
    one.client.connect().catch(() => undefined);
    await clock.pass(1000);
    one.client.send(id, 'third');
    platform.isUp = true;
    await clock.pass(30_000);
    expect(platform.texts(id)).toEqual(['first', 'second, while closed', 'third']);
    expect([one.client.waiting, two.client.waiting]).toEqual([0, 0]);
  });

  it('stays for others where its client is closed again before it is open', async () => {
    const { clock, platform, pair } = setUp();
    const { one, two, id } = await pair();
    await one.client.close();
    const connecting = one.client.connect();
    connecting.catch(() => undefined);
    await one.client.close();
    one.client.send(id, 'for the other');
    await clock.pass(1000);
    await expect(connecting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([one.client.state, two.client.waiting]).toEqual(['offline', 0]);
    expect(platform.texts(id)).toEqual(['for the other']);
  });

  it('is passed over where it holds something else', async () => {
    const { clock, platform, browser, first, next } = setUp();
    await (await first()).kill();
    const id = platform.talk('direct', 'alice', 'bob');
    browser.values.set('clatter/outbox/alice/gone/000000000000-x', 'no command');
    const two = await next();
    two.client.send(id, 'goes on');
    await clock.pass(1000);
    expect(platform.texts(id)).toEqual(['goes on']);
    expect(browser.values.get('clatter/outbox/alice/gone/000000000000-x')).toBe('no command');
  });
});
