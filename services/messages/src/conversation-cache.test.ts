import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Event } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { applyEvent, emptyConversation, presentMembers } from './conversation.ts';
import { ConversationCache } from './conversation-cache.ts';
import { idHash } from './id-window.ts';
import type { Loaded } from './loader.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A string of its own, as each load makes one. */
const newId = (): string => Buffer.from(randomUUID()).toString();

/** A conversation as its owner keeps it, with so many messages, so far apart. */
function conversationOf(members: number, messages: number, everyMs: number): Loaded {
  const conversationId = newId();
  const state = emptyConversation(conversationId);
  const ids = Array.from({ length: members }, newId);
  const apply = (seq: number, body: Partial<Event>): void => {
    const sentAtMs = 1_800_000_000_000 + seq * everyMs;
    const event = Event.create({
      conversationId,
      seq,
      messageNo: seq - 1,
      senderId: ids[0] as string,
      sentAtMs,
      ...body,
    });
    applyEvent(state, event, seq, idHash(ids[0] as string, newId()), false);
  };
  const joined = ids.map((userId) => ({ userId, role: 'member', joinedSeq: 1, visibleFromSeq: 1 }) as const);
  apply(1, { created: { kind: 'group', title: '', members: joined, pictureUrl: undefined } });
  for (let seq = 2; seq <= messages + 1; seq++) apply(seq, { message: {} as NonNullable<Event['message']> });
  presentMembers(state);
  return { state, replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 };
}

const counters = () => {
  const counts = { hits: 0, misses: 0, evictions: 0 };
  const counter = (name: keyof typeof counts) => ({
    add(count: number) {
      counts[name] += count;
    },
  });
  return { counts, hits: counter('hits'), misses: counter('misses'), evictions: counter('evictions') };
};

describe('the cache of conversations', () => {
  it.each([
    { members: 2, messages: 3, everyMs: 1000, count: 10_000 },
    { members: 2, messages: 10, everyMs: 61_000, count: 5000 },
    { members: 10, messages: 30, everyMs: 1000, count: 5000 },
    { members: 100, messages: 3, everyMs: 1000, count: 1000 },
    { members: 500, messages: 3, everyMs: 1000, count: 300 },
    { members: 2, messages: 1000, everyMs: 1000, count: 500 },
  ])('counts what V8 takes: $members members, $messages messages', ({ members, messages, everyMs, count }) => {
    const cache = new ConversationCache(2 ** 32);
    const taken = (): number => {
      collect();
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = taken();
    for (let index = 0; index < count; index++) cache.keep(conversationOf(members, messages, everyMs), cache);
    const each = (taken() - before) / count;
    expect(cache.conversations).toBe(count);
    expect(cache.bytes / count).toBeGreaterThan(each * 0.8);
    expect(cache.bytes / count).toBeLessThan(each * 1.4);
  });

  it('stays within its bytes, lets go of what was not spoken to for longest, and counts it', () => {
    const counted = counters();
    const cache = new ConversationCache(1 << 20, counted);
    const owner = {};
    const [first, ...others] = Array.from({ length: 2000 }, () => conversationOf(2, 1, 1000));
    cache.keep(first as Loaded, owner);
    for (const loaded of others) {
      cache.keep(loaded, owner);
      // Spoken to all the time.
      expect(cache.get(first?.state.id as string, owner)).toBe(first);
      expect(cache.bytes).toBeLessThanOrEqual(1 << 20);
    }
    expect(cache.get(others[0]?.state.id as string, owner)).toBeUndefined();
    expect(cache.get(others.at(-1)?.state.id as string, owner)).toBe(others.at(-1));
    expect(counted.counts).toEqual({ hits: 2000, misses: 1, evictions: 2000 - cache.conversations });
  });

  it('gives nobody what another owner built', () => {
    const cache = new ConversationCache(1 << 20);
    const [gone, next] = [{}, {}];
    const [a, b] = [conversationOf(2, 1, 1000), conversationOf(2, 1, 1000)];
    cache.keep(a, gone);
    cache.keep(b, next);
    expect(cache.get(a.state.id, next)).toBeUndefined();
    expect([cache.get(a.state.id, gone), cache.get(b.state.id, next)]).toEqual([a, b]);
  });
});
