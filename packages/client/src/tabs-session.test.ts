/** The session that several clients on one storage share, and what they keep of conversations. */
import { describe, expect, it } from 'vitest';
import { ClatterClient } from './client.ts';
import { ALICE, tabsOfAlice as setUp } from './testing/tabs.ts';

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
    const { clock, platform, open, pair } = setUp();
    const { one, two, id } = await pair();
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
