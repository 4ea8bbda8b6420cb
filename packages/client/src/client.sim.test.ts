import type { Event } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { ClatterClient } from './client.ts';
import { MemoryStorage } from './storage.ts';
import { chance } from './testing/chance.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

class LastingStorage extends MemoryStorage {
  override readonly isVolatile = false as never;
}

/** One device of a person, over all its restarts. */
class Device {
  storage = new LastingStorage();
  readonly platform: FakePlatform;
  readonly name: string;
  client!: ClatterClient;
  /** Conversation → seqs in the order in which this run of the program was told of them. */
  told = new Map<string, number[]>();
  /** Conversation → what it sent, in order. */
  readonly sent = new Map<string, string[]>();

  constructor(platform: FakePlatform, name: string) {
    this.platform = platform;
    this.name = name;
  }

  async begin(): Promise<void> {
    this.use(await ClatterClient.login(this.platform.options(this.storage), { login: this.name, password: 'p' }));
  }

  /** Killed, and started again with what was kept by then. */
  async restart(): Promise<void> {
    const kept = new LastingStorage();
    for (const [key, value] of await this.storage.entries('')) await kept.set(key, value);
    await this.client.close();
    this.storage = kept;
    this.use((await ClatterClient.resume(this.platform.options(this.storage))) as ClatterClient);
  }

  use(client: ClatterClient): void {
    this.client = client;
    this.told = new Map();
    client.on('event', ({ conversationId, seq }) => {
      const told = this.told.get(conversationId) ?? [];
      this.told.set(conversationId, told);
      told.push(seq);
    });
    client.on('error', (error) => {
      throw error;
    });
    client.connect().catch(() => undefined);
  }

  send(conversationId: string, text: string): void {
    const sent = this.sent.get(conversationId) ?? [];
    this.sent.set(conversationId, sent);
    sent.push(text);
    this.client.send(conversationId, text);
  }
}

async function run(seed: number): Promise<void> {
  const random = chance(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const clock = new VirtualClock();
  const platform = new FakePlatform(clock);
  platform.tokenSeconds = 40;
  platform.pageEvents = pick([0, 3, 10]);
  const devices = ['alice', 'alice', 'bob', 'carol'].map((name) => new Device(platform, name));
  const begun = Promise.all(devices.map((device) => device.begin()));
  await clock.pass(100);
  await begun;
  const talks = [platform.talk('direct', 'alice', 'bob'), platform.talk('group', 'bob', 'alice', 'carol')];

  platform.onCommand = () =>
    random() < 0.6
      ? pick(['store', 'store, no ack', 'ack first'] as const)
      : { code: pick(['UNAVAILABLE', 'RATE_LIMITED'] as const), retryAfterMs: Math.floor(random() * 2000) };
  // What is dropped ends in a resync, or with the socket.
  const owed = new Set<string>();
  platform.delivers = (_, userId) => {
    if (random() > 0.15) return true;
    owed.add(userId);
    return false;
  };
  const payOwed = (): void => {
    for (const { socket, userId } of platform.lines) if (owed.has(userId ?? '')) socket.give({ resync: {} });
    owed.clear();
  };

  for (let step = 0; step < 120; step++) {
    const device = pick(devices);
    const id = pick(talks.filter((talk) => platform.talks.get(talk)?.members.has(device.name)));
    const action = random();
    if (action < 0.5) device.send(id, `${devices.indexOf(device)} says ${step}`);
    else if (action < 0.6) platform.say(id, 'bob', `from elsewhere ${step}`);
    else if (action < 0.7) changeSomething(platform, device, id, random);
    else if (action < 0.75) platform.cut();
    else if (action < 0.8) platform.isUp = !platform.isUp;
    else if (action < 0.85) await device.restart();
    else if (action < 0.9) payOwed();
    else device.client.markRead(id);
    if (random() < 0.6) await clock.pass(Math.floor(random() * 3000));
  }

  platform.isUp = true;
  platform.onCommand = () => 'store';
  platform.delivers = () => true;
  payOwed();
  await clock.pass(120_000);
  for (const device of devices) for (const id of talks) await checkDevice(platform, clock, device, id);
  for (const id of talks) {
    const texts = platform.talks.get(id)?.log.flatMap(({ message }) => (message ? [message.messageId] : [])) ?? [];
    expect(new Set(texts).size).toBe(texts.length);
  }
}

function changeSomething(platform: FakePlatform, { client }: Device, id: string, random: () => number): void {
  const log = platform.talks.get(id)?.log ?? [];
  const target = log[Math.floor(random() * log.length)];
  if (!target?.message) return;
  const kind = random();
  const work =
    kind < 0.4
      ? client.edit(id, target.seq, `edited at ${log.length}`)
      : kind < 0.6
        ? client.deleteMessage(id, target.seq)
        : client.react(id, target.seq, '👍');
  work.catch(() => undefined);
}

const asSeen = ({ seq, senderId, message }: Event): unknown => ({
  seq,
  senderId,
  message: message && [
    message.messageId,
    message.content?.text?.body,
    message.edited,
    message.deleted,
    message.reactions.map(({ count }) => count),
  ],
});

async function checkDevice(platform: FakePlatform, clock: VirtualClock, device: Device, id: string): Promise<void> {
  const { client, name } = device;
  const log = platform.talks.get(id)?.log ?? [];
  const view = client.conversation(id);
  if (!platform.talks.get(id)?.members.has(name)) return expect(view).toBeUndefined();
  expect([client.state, client.waiting]).toEqual(['live', 0]);
  for (let more = true; more; ) {
    const page = client.loadEarlier(id, 20);
    await clock.pass(10);
    more = await page;
  }
  expect(client.events(id).map(asSeen)).toEqual(log.map(asSeen));
  const readNo = log[(view?.readSeq ?? 0) - 1]?.messageNo ?? 0;
  expect(view).toMatchObject({ headSeq: log.length, unread: (log.at(-1)?.messageNo ?? 0) - readNo });
  const told = device.told.get(id) ?? [];
  expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
  // What this device sent is there once, in the order sent, unless it was edited or deleted since.
  const sent = device.sent.get(id) ?? [];
  const stored = log.flatMap(({ message }) =>
    message && !message.edited && !message.deleted ? [message.content?.text?.body] : [],
  );
  const mine = stored.filter((text) => sent.includes(text as string));
  expect(mine).toEqual(sent.filter((text) => mine.includes(text)));
}

describe('clients on a platform that fails', () => {
  it.each(Array.from({ length: 30 }, (_, index) => index + 1))('converge on its logs (seed %d)', (seed) => run(seed));
});
