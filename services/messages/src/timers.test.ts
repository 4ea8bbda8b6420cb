/** The owner's look at what is due: what it appends, what it finds again after a take-over, and that it lets go of what is over. */
import { Command } from '@clatter/contracts/messages';
import type { NewRecord } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError, type Input } from '@clatter/wire';
import { expect, it } from 'vitest';
import { GroupUnderTest, T } from './adapters/group-under-test.ts';
import { idleStore } from './contract/idle-store.ts';
import { NOBODY_ID } from './decision.ts';
import { TIMER_BUCKET_MS, type TimerRow, timerBucketOf, timerSlotOf } from './timer-ports.ts';
import { Timers } from './timers.ts';

const HOUR = 3_600_000;

class Owner implements AsyncDisposable {
  readonly clock = new ManualClock(T);
  readonly appended: Command[] = [];
  away = false;
  reads = 0;
  timers: Timers;
  readonly #group: GroupUnderTest;
  #idle: () => Promise<void> = async () => undefined;

  constructor(group: GroupUnderTest) {
    this.#group = group;
    this.timers = this.#begin();
  }

  #begin(): Timers {
    const count = { add: () => undefined };
    const { store: counted, idle } = idleStore(this.#group.store);
    this.#idle = idle;
    const store = {
      ...counted,
      readTimerBuckets: (...asked: Parameters<GroupUnderTest['store']['readTimerBuckets']>) => {
        this.reads++;
        return counted.readTimerBuckets(...asked);
      },
    };
    const append = async (_: string, record: NewRecord) => {
      if (this.away) throw new ClatterError('UNAVAILABLE', 'away');
      this.appended.push(Command.decode(record.value));
      return { partition: 0, offset: 0 };
    };
    return new Timers({
      store,
      producer: { send: append },
      clock: this.clock,
      random: () => 0.5,
      logger: createLogger({ service: 'test', level: 'silent' }),
      partition: 0,
      partitions: 1,
      timerSlots: undefined,
      signal: new AbortController().signal,
      counters: { due: count, failures: count },
    });
  }

  async takenOver(): Promise<void> {
    await this.timers.stop();
    this.timers = this.#begin();
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await this.#idle();
    for (let left = ms; left > 0; left -= 1000) {
      await this.clock.advance(Math.min(1000, left));
      await this.#idle();
    }
  }

  /** The log takes what was appended, at the clock's time. */
  async decide(): Promise<TimerRow[]> {
    const rows: TimerRow[] = [];
    for (const { expire, commandId } of this.appended.splice(0)) {
      const sent = { commandId, timestampMs: this.clock.nowMs() };
      const { event } = await this.#group.submit(NOBODY_ID, { expire } as Input<Command>, sent);
      const slot = timerSlotOf(this.#group.id);
      for (const row of await this.#group.store.readTimers(
        { slot, bucket: timerBucketOf(T + 60_000) },
        undefined,
        1000,
      ))
        if (event?.expired?.seqs.includes(row.seq)) rows.push(row);
    }
    this.timers.add(rows);
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.timers.stop();
  }
}

async function talk(messages: number): Promise<{ group: GroupUnderTest; seqs: number[] }> {
  const group = await GroupUnderTest.of('bob');
  await group.submit('alice', { changeSettings: { disappearAfterSeconds: 60 } });
  const seqs: number[] = [];
  for (let i = 0; i < messages; i++) seqs.push(await group.say('alice', `${i}`));
  return { group, seqs };
}

it('has messages erased when their time is up, found again by whoever takes over', async () => {
  const { group, seqs } = await talk(3);
  await using _ = group;
  await using owner = new Owner(group);
  await owner.pass(30_000);
  expect(owner.appended).toEqual([]);
  expect(owner.timers.held).toBe(3);
  await owner.takenOver();
  await owner.pass(32_000);
  expect(owner.appended.map(({ expire }) => expire?.seqs)).toEqual([seqs]);
  expect(owner.appended[0]).toMatchObject({ senderId: NOBODY_ID, conversationId: group.id });
  expect(await owner.decide()).toHaveLength(3);
  expect(owner.timers.held).toBe(0);
  await owner.takenOver();
  await owner.pass(60_000);
  expect(owner.appended).toEqual([]);
});

it('appends again, under the same id, what did not come back from the log', async () => {
  const { group } = await talk(1);
  await using _ = group;
  await using owner = new Owner(group);
  await owner.pass(62_000);
  await owner.pass(6000);
  expect(owner.appended.length).toBeGreaterThanOrEqual(2);
  expect(new Set(owner.appended.map(({ commandId }) => commandId)).size).toBe(1);
  await owner.decide();
  await owner.pass(20_000);
  expect(owner.appended).toEqual([]);
});

it('goes on where the log was away for a while', async () => {
  const { group, seqs } = await talk(2);
  await using _ = group;
  await using owner = new Owner(group);
  owner.away = true;
  await owner.pass(90_000);
  expect(owner.timers.lagMs).toBeGreaterThan(25_000);
  owner.away = false;
  await owner.pass(20_000);
  expect(owner.appended[0]?.expire?.seqs).toEqual(seqs);
});

it('appends nothing for what was deleted before its time, and looks no more', async () => {
  const { group, seqs } = await talk(1);
  await using _ = group;
  await group.submit('alice', { delete: { seq: seqs[0] as number } });
  await using owner = new Owner(group);
  await owner.pass(65_000);
  expect(owner.appended).toEqual([]);
  expect(owner.timers.held).toBe(0);
});

it('learns of new timers from the batches that were stored', async () => {
  const { group } = await talk(0);
  await using _ = group;
  await using owner = new Owner(group);
  await owner.pass(0);
  const seq = await group.say('alice', 'later');
  const slot = timerSlotOf(group.id);
  owner.timers.add(await group.store.readTimers({ slot, bucket: timerBucketOf(T + 60_000) }, undefined, 10));
  expect(owner.timers.held).toBe(1);
  await owner.pass(62_000);
  expect(owner.appended[0]?.expire?.seqs).toEqual([seq]);
});

it('reads the index once an hour while nothing is due, and removes buckets that are over', async () => {
  const { group } = await talk(2);
  await using _ = group;
  await using owner = new Owner(group);
  await owner.pass(62_000);
  await owner.decide();
  const slot = timerSlotOf(group.id);
  await owner.pass(60_000);
  const before = owner.reads;
  for (let hour = 0; hour < 3; hour++) {
    await owner.clock.advance(HOUR);
    await owner.pass(0);
  }
  expect(owner.reads - before).toBeLessThanOrEqual(6);
  expect(await group.store.readTimerBuckets([slot], timerBucketOf(T) + HOUR / TIMER_BUCKET_MS)).toEqual([]);
});
