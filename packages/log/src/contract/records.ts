/** What the suite asks of records: what is sent comes back, in order, where its send says. */
import { partitionOf } from '@clatter/runtime';
import { describe, expect, it } from 'vitest';
import type { Appended } from '../event-log.ts';
import { text } from './reader.ts';
import { KEY, KEYS, numbered, ONE, type Subject } from './subject.ts';

export function recordsContract(subject: Subject): void {
  describe('records', () => {
    it('come back as they were sent: key, headers, value, and the time of the log', async () => {
      const before = Date.now();
      const big = Buffer.alloc(700_000, 0).map((_, i) => i % 251);
      const producer = subject.log.producer();
      const values = [Buffer.from('Grüße 👩‍👩‍👧'), new Uint8Array(0), big];
      const headers = { traceparent: '00-é-👋', empty: '' };
      for (const value of values) await producer.send(ONE, { key: KEY, value, headers });
      await producer.send(ONE, { key: KEY, value: Buffer.from('bare') });
      const records = await subject.everything();
      expect(records.map(({ value }) => Buffer.from(value).equals(values[0] as Uint8Array))).toEqual([
        true,
        false,
        false,
        false,
      ]);
      expect(records[1]?.value.length).toBe(0);
      expect(Buffer.compare(records[2]?.value as Uint8Array, big)).toBe(0);
      expect(records.map((record) => record.headers)).toEqual([headers, headers, headers, {}]);
      for (const { key, topic: of, timestampMs } of records) {
        expect([key, of]).toEqual([KEY, ONE]);
        expect(timestampMs).toBeGreaterThanOrEqual(before - 1000);
        expect(timestampMs).toBeLessThanOrEqual(Date.now() + 1000);
      }
    });

    it('lie where their send says, in the order of the sends', async () => {
      const appended = await subject.sendMany('m', 500);
      const records = await subject.everything();
      expect(records.map(({ value }) => text(value))).toEqual(numbered('m', 500));
      expect(records.map(({ partition, offset }) => ({ partition, offset }))).toEqual(appended);
      for (const [i, { offset }] of appended.entries())
        if (i > 0) expect(offset).toBeGreaterThan((appended[i - 1] as Appended).offset);
    });

    it('go to the partition that follows from the key, or the one that was named', async () => {
      const partitions = subject.log.partitions(ONE);
      const appended = await Promise.all(KEYS.map((key) => subject.send(key, { key })));
      expect(appended.map(({ partition }) => partition)).toEqual(KEYS.map((key) => partitionOf(key, partitions)));
      const named = { key: KEY, value: Buffer.from('named'), partition: partitions - 1 };
      expect((await subject.log.producer().send(ONE, named)).partition).toBe(partitions - 1);
      expect(() => subject.log.partitions('no.such.topic')).toThrow(/no\.such\.topic/);
    });

    it('have a time that never goes back within a partition, nor over a restart', async () => {
      for (let round = 0; round < 3; round++) {
        await subject.sendMany(`r${round}.`, 20);
        await subject.under.restart();
      }
      const records = await subject.everything();
      expect(records).toHaveLength(60);
      const times = records.map((record) => record.timestampMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });
  });
}
