import { ManualClock } from '@clatter/runtime/testing';
import { describe, expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import { CoalescedReads, coalesced } from './coalesced-reads.ts';
import type { LogRow, MessageStore } from './ports.ts';
import { messagesRpc } from './rpc.ts';

const counter = (): { count: number; add(count: number): void } => ({
  count: 0,
  add(count) {
    this.count += count;
  },
});

/** Reads that are answered when the test says so, each with what was true when it began. */
interface Waiting {
  readonly answer: string;
  readonly settle: PromiseWithResolvers<string>;
}

class Slow {
  truth = 'old';
  begun = 0;
  readonly #waiting: Waiting[] = [];

  read = (): Promise<string> => {
    const settle = Promise.withResolvers<string>();
    this.begun++;
    this.#waiting.push({ answer: this.truth, settle });
    return settle.promise;
  };

  async answer(error?: Error): Promise<void> {
    const { answer, settle } = this.#waiting.shift() as Waiting;
    if (error) settle.reject(error);
    else settle.resolve(answer);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

describe('reads that ask the same at the same time', () => {
  it('are one beside the one that is under way, and nobody is answered from before they asked', async () => {
    const shared = counter();
    const reads = new CoalescedReads(shared);
    const slow = new Slow();
    const first = reads.run('page', slow.read);
    slow.truth = 'deleted';
    const later = Array.from({ length: 100 }, () => reads.run('page', slow.read));
    const other = reads.run('other page', slow.read);
    expect(slow.begun).toBe(2);
    await slow.answer();
    await slow.answer();
    expect(slow.begun).toBe(3);
    slow.truth = 'newest';
    const last = reads.run('page', slow.read);
    await slow.answer();
    await slow.answer();
    expect(await first).toBe('old');
    expect(new Set(await Promise.all(later))).toEqual(new Set(['deleted']));
    expect([await other, await last]).toEqual(['deleted', 'newest']);
    expect([slow.begun, shared.count]).toEqual([4, 99]);
  });

  it('fail together, and the next one is asked anew', async () => {
    const reads = new CoalescedReads(counter());
    const slow = new Slow();
    const first = reads.run('page', slow.read);
    const second = reads.run('page', slow.read);
    const failed = expect(first).rejects.toThrow('away');
    await slow.answer(new Error('away'));
    await failed;
    await slow.answer();
    expect(await second).toBe('old');
    const third = reads.run('page', slow.read);
    await slow.answer();
    expect([await third, slow.begun]).toEqual(['old', 3]);
  });

  it('of a page by many members are two of its rows', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `member ${index}`);
    await using group = await GroupUnderTest.of(...names);
    const seq = await group.say('alice', 'liked');
    await group.submit('member 0', { react: { seq, emoji: '👍' } });
    let rowReads = 0;
    const counted: MessageStore = {
      ...group.store,
      readRows(...asked): Promise<readonly LogRow[]> {
        rowReads++;
        return group.store.readRows(...asked);
      },
    };
    const shared = counter();
    const messages = messagesRpc(coalesced(counted, shared), new ManualClock());
    const pages = await Promise.all(
      names.map((name) => messages.history({ userId: idOf(name), history: { conversationId: group.id } })),
    );
    expect(rowReads).toBeLessThanOrEqual(2);
    expect(shared.count).toBeGreaterThan(0);
    // Each sees it as themselves.
    const mine = pages.map(({ page }) => page?.events?.at(-2)?.message?.reactions?.[0]?.mine);
    expect(mine).toEqual(names.map((name) => name === 'member 0'));
  });
});
