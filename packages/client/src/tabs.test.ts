/** Several clients on one storage, as the tabs of a browser are. */
import { describe, expect, it } from 'vitest';
import { ClatterClient } from './client.ts';
import { FakeBrowser } from './testing/fake-browser.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { Tab } from './testing/tabs.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const ALICE = { login: 'alice', password: 'p' };

function setUp(settings: { lagMs?: number; isSecure?: boolean } = {}) {
  const clock = new VirtualClock();
  const platform = new FakePlatform(clock);
  const browser = new FakeBrowser(clock, settings);
  return {
    clock,
    platform,
    browser,
    open: () => new Tab(browser, platform),
    /** A tab in which alice is logged in. */
    async first(): Promise<Tab & { client: ClatterClient }> {
      const tab = new Tab(browser, platform);
      await tab.login(ALICE);
      return tab as Tab & { client: ClatterClient };
    },
    async next(): Promise<Tab & { client: ClatterClient }> {
      const tab = new Tab(browser, platform);
      await tab.resume();
      return tab as Tab & { client: ClatterClient };
    },
    keys: () => [...browser.values.keys()].map((key) => key.replace('clatter/', '')).sort(),
  };
}

describe.each([
  ['with Web Locks', true],
  ['without Web Locks', false],
])('messages of two tabs, %s', (_, isSecure) => {
  it('are in the log once each, in the order of their tab, and in both tabs', async () => {
    const { clock, platform, first, next } = setUp({ isSecure });
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
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
    const { clock, platform, first, next, keys } = setUp({ isSecure });
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
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
    const { clock, platform, first, next } = setUp({ isSecure });
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
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
    const { clock, platform, first, next } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
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
    const { clock, platform, first, next } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
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
    const { clock, platform, first, next } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
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

describe('a session of several tabs', () => {
  it('is renewed by one of them for all', async () => {
    const { clock, platform, first, next } = setUp();
    platform.tokenSeconds = 60;
    const tabs = [await first(), await next(), await next()];
    await clock.pass(10 * 60_000);
    expect(tabs.map(({ client }) => client.state)).toEqual(['live', 'live', 'live']);
    // One for each 45 seconds of the ten minutes.
    const refreshes = platform.calls.filter((call) => call.endsWith('refresh')).length;
    expect(refreshes).toBeGreaterThan(10);
    expect(refreshes).toBeLessThan(15);
    expect(new Set(tabs.map(({ client }) => client.accessToken)).size).toBe(1);
  });

  it('ends in all of them at once, without a line too, and leaves nothing', async () => {
    const { clock, platform, first, next, keys } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(10_000);
    expect(keys()).toEqual([`conversation/alice/${id}`, 'cursor/alice', 'session']);
    await two.client.close();
    const leaving = one.client.logout();
    await clock.pass(100);
    await leaving;
    expect(keys()).toEqual([]);
    const late = two.client.connect();
    late.catch(() => undefined);
    await clock.pass(100);
    await expect(late).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

    const three = await first();
    const four = await next();
    platform.isUp = false;
    platform.cut();
    platform.isUp = true;
    const ending = three.client.logout();
    await clock.pass(10);
    await ending;
    platform.say(id, 'bob', 'nobody is here');
    await clock.pass(60_000);
    expect(four.loggedOut.length).toBe(1);
    await expect(four.client.send(id, 'too late').acked).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(keys()).toEqual([]);
  });

  it('that begins in one of them is heard of by those that wait for it', async () => {
    const { clock, open, first } = setUp();
    const waiting = open();
    let heard = 0;
    const end = ClatterClient.onLogin(waiting.options, () => heard++);
    await first();
    await clock.pass(100);
    expect(heard).toBe(1);
    end();
    expect((await waiting.resume())?.userId).toBe('alice');
    expect(ClatterClient.onLogin({}, () => undefined)()).toBeUndefined();
  });

  it('gives way in all of them to that of somebody else, who gets nothing of theirs', async () => {
    const { clock, platform, first, next, open, keys } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    platform.onCommand = () => 'lose';
    one.client.send(id, 'never sent');
    const closed = await next();
    await closed.client.close();
    await clock.pass(5000);
    const bobs = open();
    await bobs.login({ login: 'bob', password: 'p' });
    platform.say(id, 'bob', 'news');
    await clock.pass(60_000);
    expect([one.loggedOut, two.loggedOut]).toEqual([
      ['somebody else has logged in here'],
      ['somebody else has logged in here'],
    ]);
    expect(keys()).toEqual([`conversation/bob/${id}`, 'cursor/bob', 'session']);
    expect(platform.texts(id)).toEqual(['news']);
    expect(bobs.client?.waiting).toBe(0);
    const late = closed.client.connect();
    late.catch(() => undefined);
    await clock.pass(5000);
    await expect(late).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(closed.loggedOut).toEqual(['somebody else has logged in here']);
    expect(keys()).toEqual([`conversation/bob/${id}`, 'cursor/bob', 'session']);
  });

  it('that ended by itself leaves what waits to the next login of the same person', async () => {
    const { clock, platform, first, next, open } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    platform.isUp = false;
    platform.cut();
    one.client.send(id, 'waits for the login');
    for (const session of platform.sessions.values()) session.ended = true;
    platform.isUp = true;
    await clock.pass(60_000);
    expect([one.loggedOut.length, two.loggedOut.length]).toEqual([1, 1]);
    const again = open();
    await again.login(ALICE);
    await clock.pass(1000);
    expect(platform.texts(id)).toEqual(['waits for the login']);
    expect(again.client?.waiting).toBe(0);
  });
});

describe('what several tabs keep of conversations', () => {
  it('is written by one of them, and by another when that is gone', async () => {
    const { clock, platform, browser, first, next } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(10_000);
    const kept = (): { headSeq: number } => JSON.parse(browser.values.get(`clatter/conversation/alice/${id}`) ?? '{}');
    expect(kept().headSeq).toBe(1);
    await one.kill();
    await clock.pass(1000);
    platform.say(id, 'bob', 'to the other tab');
    await clock.pass(1000);
    expect(kept().headSeq).toBe(2);
    expect(two.client.conversation(id)?.headSeq).toBe(2);
  });

  it('never has a cursor ahead of it where the one that goes on knows less', async () => {
    // Bug: a tab that was behind wrote its conversations over those of another, beside the cursor that the other had reached.
    const { clock, platform, browser, first, next } = setUp();
    const one = await first();
    const two = await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(5000);
    const behind = [...platform.lines].at(-1)?.socket;
    await two.client.close();
    const saidAtMs = platform.say(id, 'bob', 'while the other tab slept').sentAtMs;
    behind?.end(1006);
    await one.client.close();
    one.client.connect().catch(() => undefined);
    await clock.pass(5000);
    const cursor = (): number => Number(JSON.parse(browser.values.get('clatter/cursor/alice') ?? '{}').cursor);
    const ahead = cursor();
    expect(ahead).toBeGreaterThan(saidAtMs);
    platform.isUp = false;
    two.client.connect().catch(() => undefined);
    await clock.pass(1000);
    expect(cursor()).toBe(ahead);
    await one.kill();
    await clock.pass(1000);
    // What is kept now is what the second tab knows, and the cursor says no more.
    const kept = JSON.parse(browser.values.get(`clatter/conversation/alice/${id}`) ?? '{}') as { headSeq: number };
    expect(kept.headSeq).toBe(1);
    expect(cursor()).toBeLessThan(saidAtMs);
    platform.isUp = true;
    await clock.pass(30_000);
    expect(two.client.conversation(id)?.headSeq).toBe(2);
    expect(cursor()).toBeGreaterThan(ahead);
  });

  it('has no cursor where nothing guards it', async () => {
    const { clock, platform, first, next, keys } = setUp({ isSecure: false });
    await first();
    await next();
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(10_000);
    expect(keys()).toEqual([`conversation/alice/${id}`, 'session']);
  });
});
