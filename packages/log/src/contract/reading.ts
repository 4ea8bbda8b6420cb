/** What the suite asks of readers: where they begin, what they are handed, how they end. */
import { partitionOf } from '@clatter/runtime';
import { describe, expect, it } from 'vitest';
import type { Appended, Assignment, LogRecord } from '../event-log.ts';
import { type ContractReader, eventually, pause, plain } from './reader.ts';
import { KEY, KEYS, numbered, ONE, type Subject, TWO } from './subject.ts';

export function readingContract(subject: Subject): void {
  describe('reading', () => {
    it('takes what is there and what comes', async () => {
      await subject.sendMany('a', 10);
      const reader = subject.read();
      await reader.until(10);
      await subject.sendMany('b', 10);
      await reader.until(20);
      expect(reader.texts).toEqual([...numbered('a', 10), ...numbered('b', 10)]);
      await reader.consumer.close();
    });

    it('begins where a group that never committed says', async () => {
      await subject.sendMany('old', 3);
      await pause(50);
      const sinceMs = Date.now() + 1;
      await pause(50);
      const atEnd = subject.read({ group: 'end', start: 'end' });
      await atEnd.consumer.ready();
      await subject.sendMany('new', 3);
      const since = subject.read({ group: 'since', start: { sinceMs } });
      const all = subject.read({ group: 'beginning', start: 'beginning' });
      await Promise.all([atEnd.until(3), since.until(3), all.until(6)]);
      expect(atEnd.texts).toEqual(numbered('new', 3));
      expect(since.texts.slice(-3)).toEqual(numbered('new', 3));
      expect(all.texts).toEqual([...numbered('old', 3), ...numbered('new', 3)]);
      await Promise.all([atEnd, since, all].map((reader) => reader.consumer.close()));
    });

    it('goes on at the committed offset after a restart, and repeats what was not committed', async () => {
      await subject.sendMany('m', 10);
      const first = subject.read({ commits: false });
      await first.until(10);
      const [assignment] = first.assignments.filter(({ partition }) => partition === first.records[0]?.partition);
      await assignment?.commit((first.records[6] as LogRecord).offset);
      // The highest wins.
      await assignment?.commit((first.records[3] as LogRecord).offset);
      await first.consumer.close();
      await subject.under.restart();
      const second = subject.read();
      await second.until(4);
      expect(second.records.map(plain)).toEqual(first.records.slice(6).map(plain));
      await second.consumer.close();
    });

    it('tells how the partition stands: committed offset, end, and which log it is', async () => {
      const appended = (await subject.sendMany('m', 5)).at(-1) as Appended;
      const of = (reader: ContractReader): Assignment =>
        reader.assignments.find(({ partition }) => partition === appended.partition) as Assignment;
      const first = subject.read();
      await first.until(5);
      expect(of(first)).toMatchObject({ topic: ONE, committedOffset: 0, endOffset: appended.offset + 1 });
      expect(of(first).signal.aborted).toBe(false);
      const later = (await subject.sendMany('more', 2)).at(-1) as Appended;
      expect(of(first).endOffset).toBe(appended.offset + 1);
      expect(await of(first).currentEnd()).toBe(later.offset + 1);
      await first.until(7);
      await first.consumer.close();
      expect(of(first).signal.aborted).toBe(true);
      await subject.under.restart();
      const second = subject.read();
      await second.consumer.ready();
      await eventually(() => of(second) !== undefined, 'the assignment');
      expect(of(second)).toMatchObject({ committedOffset: later.offset + 1, endOffset: later.offset + 1 });
      expect(of(second).logId).toBe(of(first).logId);
      expect(of(second).logId).not.toBe('');
      await second.consumer.close();
    });

    it('is each group’s own', async () => {
      await subject.sendMany('m', 6);
      const a = subject.read({ group: 'a' });
      const b = subject.read({ group: 'b', commits: false });
      await Promise.all([a.until(6), b.until(6)]);
      await Promise.all([a.consumer.close(), b.consumer.close()]);
      await subject.under.restart();
      const again = { a: subject.read({ group: 'a' }), b: subject.read({ group: 'b' }) };
      await again.b.until(6);
      await subject.sendMany('n', 1);
      await again.a.until(1);
      expect(again.a.texts).toEqual(['n0']);
      await Promise.all([again.a.consumer.close(), again.b.consumer.close()]);
    });

    it('hands over a batch only when the one before is done, and never more than was asked for', async () => {
      let running = 0;
      let most = 0;
      const reader = subject.read({
        batchRecordsMax: 7,
        handle: async () => {
          most = Math.max(most, ++running);
          await pause(2);
          running--;
        },
      });
      for (let i = 0; i < 5; i++) {
        await subject.sendMany(`${i}.`, 10);
        await pause(3);
      }
      await reader.until(50);
      expect(most).toBe(1);
      expect(Math.max(...reader.batches.map((batch) => batch.length))).toBeLessThanOrEqual(7);
      expect(reader.texts).toEqual([0, 1, 2, 3, 4].flatMap((i) => numbered(`${i}.`, 10)));
      await reader.consumer.close();
    });

    it('of one partition waits for no other', async () => {
      const release = Promise.withResolvers<void>();
      const stuck = partitionOf(KEY, subject.log.partitions(ONE));
      const reader = subject.read({
        topics: [ONE, TWO],
        handle: async ([record]) => {
          if (record?.topic === ONE && record.partition === stuck) await release.promise;
        },
      });
      const elsewhere = KEYS.filter((key) => partitionOf(key, subject.log.partitions(ONE)) !== stuck);
      await subject.sendMany('stuck', 2);
      await Promise.all([...elsewhere.map((key) => subject.send('free', { key })), subject.sendMany('other', 3, TWO)]);
      await reader.until(elsewhere.length + 3);
      expect(reader.texts).not.toContain('stuck0');
      release.resolve();
      await reader.until(elsewhere.length + 5);
      await reader.consumer.close();
    });

    it('by oneself commits nothing, begins where it says each time, and is ready when it caught up', async () => {
      await subject.sendMany('m', 300);
      for (let round = 0; round < 2; round++) {
        const reader = subject.read({ ephemeral: true, batchRecordsMax: 50 });
        await reader.consumer.ready();
        expect(reader.texts).toEqual(numbered('m', 300));
        await subject.send('live');
        await reader.until(301);
        await reader.consumer.close();
        await subject.under.restart();
        const end = subject.read({ ephemeral: true, start: 'end' });
        await end.consumer.ready();
        expect(end.records).toEqual([]);
        await end.consumer.close();
        if (round === 0) break;
      }
    });

    it('by oneself from a time on finds what was sent a moment ago', async () => {
      await subject.send('long ago');
      await pause(60);
      const sinceMs = Date.now() - 20;
      const sent = subject.send('now');
      const reader = subject.read({ ephemeral: true, start: { sinceMs } });
      await sent;
      await reader.consumer.ready();
      await reader.until(1);
      expect(reader.texts.at(-1)).toBe('now');
      await reader.consumer.close();
    });
  });

  describe('stopping', () => {
    it('waits for the batch under way and hands over no other; what stop commits counts', async () => {
      await subject.sendMany('m', 30);
      const entered = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      let done = 0;
      const reader = subject.read({
        batchRecordsMax: 10,
        commits: false,
        handle: async () => {
          entered.resolve();
          await release.promise;
          done++;
        },
        stopped: async (assignment) => {
          const last = reader.records.findLast(({ partition }) => partition === assignment.partition);
          if (last) await assignment.commit(last.offset + 1);
        },
      });
      await entered.promise;
      const closing = reader.consumer.close();
      await pause(30);
      const busy = partitionOf(KEY, subject.log.partitions(ONE));
      expect(reader.stopped.map(({ partition }) => partition)).not.toContain(busy);
      release.resolve();
      await closing;
      expect(done).toBe(1);
      expect(reader.stopped).toHaveLength(reader.assignments.length);
      await subject.under.restart();
      const next = subject.read();
      await next.until(30 - reader.records.length);
      expect([...reader.texts, ...next.texts]).toEqual(numbered('m', 30));
      await next.consumer.close();
    });

    it('for good, when a batch rejects: its partition is halted and told, the others go on', async () => {
      const bug = new Error('a bug');
      const stuck = partitionOf(KEY, subject.log.partitions(ONE));
      const reader = subject.read({
        topics: [ONE, TWO],
        handle: async ([record]) => {
          if (record?.topic === ONE && record.partition === stuck) throw bug;
        },
      });
      await subject.send('poison');
      await eventually(() => reader.halts.length > 0, 'the halt');
      await subject.sendMany('after', 3);
      await subject.sendMany('other', 3, TWO);
      await reader.until(3);
      expect(reader.texts).toEqual(numbered('other', 3));
      expect(reader.halts).toEqual([{ topic: ONE, partition: stuck, error: bug }]);
      await reader.consumer.close();
      await subject.under.restart();
      const next = subject.read();
      await next.until(4);
      expect(next.texts).toEqual(['poison', ...numbered('after', 3)]);
      await next.consumer.close();
    });

    it('for good, when an assignment rejects', async () => {
      const bug = new Error('not the log it was');
      const reader = subject.read({ topics: [TWO], assigned: () => Promise.reject(bug) });
      await eventually(() => reader.halts.length > 0, 'the halt');
      expect(reader.halts).toEqual([{ topic: TWO, partition: 0, error: bug }]);
      await reader.consumer.close();
    });

    it('lets the log go: sends are refused then', async () => {
      const { log } = subject;
      await subject.send('m');
      await subject.under.restart();
      await expect(log.producer().send(ONE, { key: KEY, value: Buffer.from('late') })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
    });
  });
}
