/** What befalls readers of a real Kafka: partitions that are lost, logs that are not what they were, topics that are not as wanted. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContractReader, eventually } from './contract/reader.ts';
import { KEY, numbered } from './contract/subject.ts';
import type { Assignment, EventLog } from './event-log.ts';
import { Network, TestTopics, testBrokers } from './kafka-testing.ts';
import type { Topic } from './topics.ts';

const TOPIC: Topic = { name: 'faults', partitions: 4, retentionMs: 3_600_000, acks: 'all', purpose: 'tests' };
const topics = [TOPIC.name];

let kafka: TestTopics;
beforeEach(async () => {
  kafka = new TestTopics(testBrokers(), [TOPIC]);
  await kafka.migrate();
});
afterEach(() => kafka.end());

async function open(network = new Network()): Promise<EventLog> {
  const log = kafka.open({ network });
  await eventually(() => log.health().ok, 'the brokers');
  return log;
}

const sendAll = (log: EventLog, texts: readonly string[], key = KEY): Promise<unknown> =>
  Promise.all(texts.map((value) => log.producer().send(TOPIC.name, { key, value: Buffer.from(value) })));

/** One record to each partition. */
const sendEverywhere = (log: EventLog, name: string): Promise<unknown> =>
  Promise.all(
    Array.from({ length: TOPIC.partitions }, (_, partition) =>
      log.producer().send(TOPIC.name, { key: KEY, value: Buffer.from(`${name}${partition}`), partition }),
    ),
  );

const held = (reader: ContractReader): Assignment[] => reader.assignments.filter(({ signal }) => !signal.aborted);

describe('an owner', () => {
  it('that is cut off for longer than a session loses its partitions, commits none of them, and shares again later', async () => {
    const [network, other] = [new Network(), await open()];
    const mine = new ContractReader(await open(network), { topics });
    await mine.consumer.ready();
    await sendEverywhere(other, 'before');
    await eventually(() => mine.committed === TOPIC.partitions, 'the commits');
    const before = held(mine);
    network.cut();
    const theirs = new ContractReader(other, { topics });
    await theirs.consumer.ready();
    await eventually(() => held(theirs).length === TOPIC.partitions, 'the other to own all');
    // What was committed is not read again, what comes is.
    await sendEverywhere(other, 'meanwhile');
    await theirs.until(TOPIC.partitions);
    expect(theirs.texts.toSorted()).toEqual(numbered('meanwhile', TOPIC.partitions));
    await eventually(() => before.every(({ signal }) => signal.aborted), 'the first to know');
    for (const assignment of before) await expect(assignment.commit(1000)).rejects.toThrow(/lost/);
    network.mend();
    await eventually(() => held(mine).length > 0 && held(theirs).length > 0, 'both to own something');
    for (const { committedOffset } of held(mine)) expect(committedOffset).toBe(2);
    await sendEverywhere(other, 'after');
    const after = (): string[] => [...mine.texts, ...theirs.texts].filter((value) => value.startsWith('after'));
    await eventually(() => after().length >= TOPIC.partitions, 'the last records');
    expect(after().toSorted()).toEqual(numbered('after', TOPIC.partitions));
    await Promise.all([mine.consumer.close(), theirs.consumer.close()]);
  });
});

describe('a log that is not the one it was', () => {
  it('deleted and made anew: halts its readers, and has another id', async () => {
    const log = await open();
    const reader = new ContractReader(log, { topics });
    await sendEverywhere(log, 'old');
    await reader.until(TOPIC.partitions);
    await kafka.drop();
    await eventually(() => !log.health().ok, 'the log to miss its topic');
    await kafka.migrate();
    await eventually(() => log.health().ok, 'the topic');
    await sendAll(log, numbered('new', 10));
    await eventually(() => reader.halts.length === TOPIC.partitions, 'the halts');
    for (const { error } of reader.halts) expect((error as Error).message).toMatch(/not the log it was.*made anew/);
    expect(reader.texts.filter((value) => value.startsWith('new'))).toEqual([]);
    const again = new ContractReader(await open(), { topics, group: 'others' });
    await again.until(10);
    expect(again.assignments[0]?.logId).not.toBe(reader.assignments[0]?.logId);
    await Promise.all([reader.consumer.close(), again.consumer.close()]);
  });

  it.each([
    ['ends before what was committed', 'OffsetCommit'],
    ['begins after what was committed', 'DeleteRecords'],
  ])('%s: halts its readers, and moves no offset', async (_what, how) => {
    const log = await open();
    const at = (await log.producer().send(TOPIC.name, { key: KEY, value: Buffer.from('m') })).partition;
    await sendAll(log, numbered('m', 9));
    const topic = kafka.prefix + TOPIC.name;
    const [group, link] = ['cut', kafka.link()];
    const commit = (offset: number): Promise<unknown> =>
      link.call('OffsetCommit', {
        groupId: kafka.prefix + group,
        groupGenerationId: -1,
        memberId: '',
        retentionTime: -1,
        topics: [{ topic, partitions: [{ partition: at, offset }] }],
      });
    const committed = how === 'OffsetCommit' ? 500 : 3;
    await commit(committed);
    if (how === 'DeleteRecords')
      await link.call('DeleteRecords', { topics: [{ topic, partitions: [{ partition: at, offset: '7' }] }] });
    await link.close();
    for (let life = 0; life < 2; life++) {
      const reader = new ContractReader(await open(), { topics, group });
      await eventually(() => reader.halts.length > 0, 'the halt');
      expect(reader.halts).toMatchObject([{ topic: TOPIC.name, partition: at }]);
      expect(String(reader.halts[0]?.error)).toContain(`want offset ${committed}`);
      expect(reader.records).toEqual([]);
      await reader.consumer.close();
    }
  });

  it('begins later than a reader of its own had got: that one goes on at what is left', async () => {
    const [network, other] = [new Network(), await open()];
    const reader = new ContractReader(await open(network), { topics, ephemeral: true });
    await reader.consumer.ready();
    const { partition } = await other.producer().send(TOPIC.name, { key: KEY, value: Buffer.from('read') });
    await reader.until(1);
    network.cut();
    await sendAll(other, numbered('m', 4));
    const link = kafka.link();
    await link.call('DeleteRecords', {
      topics: [{ topic: kafka.prefix + TOPIC.name, partitions: [{ partition, offset: '3' }] }],
    });
    await link.close();
    network.mend();
    await reader.until(3);
    expect(reader.texts).toEqual(['read', 'm2', 'm3']);
    expect(reader.halts).toEqual([]);
    await reader.consumer.close();
  });
});

describe('the migration of topics', () => {
  it('runs in any number of processes at once, and again', async () => {
    const fresh = new TestTopics(testBrokers(), [TOPIC, { ...TOPIC, name: 'more', partitions: 7 }]);
    await Promise.all(Array.from({ length: 4 }, () => fresh.migrate()));
    await fresh.migrate();
    const log = fresh.open();
    await eventually(() => log.health().ok, 'the topics');
    expect(log.partitions('more')).toBe(7);
    await fresh.end();
  });

  it('refuses topics that are other than wanted, says how, and alters nothing', async () => {
    const wanted = [{ ...TOPIC, partitions: 6, retentionMs: 1000 }];
    for (let time = 0; time < 2; time++)
      await expect(kafka.migrate(wanted)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(/want partitions 6, got 4\n.*want retention.ms 1000, got 3600000$/),
      });
    await kafka.migrate();
  });
});
