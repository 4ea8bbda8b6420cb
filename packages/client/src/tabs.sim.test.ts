import { describe, expect, it } from 'vitest';
import { chance } from './testing/chance.ts';
import { FakeBrowser } from './testing/fake-browser.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { Tab } from './testing/tabs.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

/** A window of the person's browser: one tab after another, by reloads and crashes. What was written in it keeps its order over all of them. */
interface Window {
  readonly name: string;
  tab: Tab | undefined;
  /** Conversation → texts that it accepted, in order. */
  readonly sent: Map<string, string[]>;
}

const TALKS = 3;

async function run(seed: number): Promise<void> {
  const random = chance(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const clock = new VirtualClock();
  const platform = new FakePlatform(clock);
  platform.tokenSeconds = 40;
  platform.pageEvents = pick([0, 3, 10]);
  const browser = new FakeBrowser(clock, { lagMs: pick([0, 2, 20]), isSecure: seed % 4 !== 0 });
  const windows: Window[] = ['one', 'two', 'three'].map((name) => ({ name, tab: undefined, sent: new Map() }));
  const errors: Error[] = [];

  const open = async (window: Window): Promise<void> => {
    window.tab = new Tab(browser, platform);
    if (!(await window.tab.resume())) await window.tab.login({ login: 'alice', password: 'p' });
  };
  const shut = async (window: Window): Promise<void> => {
    if (random() < 0.3) await window.tab?.client?.close();
    await window.tab?.kill();
    errors.push(...(window.tab?.errors ?? []));
    checkTold(window.tab);
    window.tab = undefined;
  };

  await open(windows[0] as Window);
  const talks = Array.from({ length: TALKS }, () => platform.talk('direct', 'alice', 'bob'));
  await clock.pass(1000);

  platform.onCommand = () =>
    random() < 0.6
      ? pick(['store', 'store, no ack', 'ack first'] as const)
      : { code: pick(['UNAVAILABLE', 'RATE_LIMITED'] as const), retryAfterMs: Math.floor(random() * 2000) };

  for (let step = 0; step < 150; step++) {
    const window = pick(windows);
    const id = pick(talks);
    const action = random();
    if (!window.tab) {
      if (action < 0.5 && platform.isUp) await open(window);
      else if (action < 0.5 && browser.values.has('clatter/session')) await open(window);
    } else if (action < 0.45) {
      const texts = window.sent.get(id) ?? [];
      window.sent.set(id, texts);
      texts.push(`${window.name} says ${step}`);
      window.tab.client?.send(id, `${window.name} says ${step}`);
    } else if (action < 0.6) platform.say(id, 'bob', `bob says ${step}`);
    else if (action < 0.7) await shut(window);
    else if (action < 0.78) {
      await shut(window);
      await open(window);
    } else if (action < 0.83) {
      await window.tab.client?.close();
      if (random() < 0.5) await clock.pass(Math.floor(random() * 2000));
      window.tab.client?.connect().catch(() => undefined);
    } else if (action < 0.9) platform.cut();
    else platform.isUp = !platform.isUp;
    if (random() < 0.6) await clock.pass(Math.floor(random() * 3000));
    checkCursor(browser, platform, talks);
  }

  platform.isUp = true;
  platform.onCommand = () => 'store';
  // All but one are closed, some with what they have not sent.
  const last = pick(windows);
  if (!last.tab) await open(last);
  for (const window of windows) if (window !== last) await shut(window);
  await last.tab?.client?.close();
  last.tab?.client?.connect().catch(() => undefined);
  await clock.pass(120_000);

  expect(errors).toEqual([]);
  expect([last.tab?.client?.state, last.tab?.client?.waiting]).toEqual(['live', 0]);
  expect([...browser.values.keys()].filter((key) => key.includes('/outbox/'))).toEqual([]);
  for (const id of talks) {
    const texts = platform.texts(id);
    expect(new Set(texts).size).toBe(texts.length);
    for (const { name, sent } of windows)
      expect(texts.filter((text) => text?.startsWith(`${name} `))).toEqual(sent.get(id) ?? []);
    expect(last.tab?.client?.events(id).at(-1)?.seq).toBe(platform.talks.get(id)?.log.length);
  }
  checkTold(last.tab);
}

/** A tab is told of an event once, in order. */
function checkTold(tab: Tab | undefined): void {
  for (const told of tab?.told.values() ?? []) expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
}

/** Where the kept cursor counts, all that happened before it is in the kept conversations. */
function checkCursor(browser: FakeBrowser, platform: FakePlatform, talks: readonly string[]): void {
  const kept = JSON.parse(browser.values.get('clatter/cursor/alice') ?? '{}') as {
    cursor?: string;
    conversations?: number;
  };
  const prefix = 'clatter/conversation/alice/';
  const keys = [...browser.values.keys()].filter((key) => key.startsWith(prefix));
  if (kept.cursor === undefined || keys.length < (kept.conversations ?? 0)) return;
  for (const id of talks) {
    const before = platform.talks.get(id)?.log.findLast(({ sentAtMs }) => sentAtMs < Number(kept.cursor));
    const { headSeq = 0 } = JSON.parse(browser.values.get(prefix + id) ?? '{}') as { headSeq?: number };
    expect(headSeq, `of ${id}`).toBeGreaterThanOrEqual(before?.seq ?? 0);
  }
}

describe('tabs of one browser, which open, crash and reload on a platform that fails', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))('lose nothing (seed %d)', (seed) => run(seed));
});
