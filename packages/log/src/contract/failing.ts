/** What the suite asks of a log that dies, refuses, or is shared by several processes. */
import { describe, expect, it } from 'vitest';
import type { Appended, EventLog } from '../event-log.ts';
import { ContractReader, eventually, pause, plain, text } from './reader.ts';
import { KEY, KEYS, numbered, ONE, type Subject } from './subject.ts';

/** Partitions that a reader has, as far as it knows. */
const held = (reader: ContractReader): number[] =>
  reader.assignments.filter(({ signal }) => !signal.aborted).map(({ partition }) => partition);

export function failingContract(subject: Subject): void {
  describe('crashing', () => {
    it('loses no record whose send resolved and no commit that resolved, and uses no offset again', async () => {
      const known: { text: string; at: Appended }[] = [];
      for (let round = 0; round < 4; round++) {
        // Late enough that the commit is in no group of a send.
        const reader = subject.read({ handle: () => pause(15) });
        const texts = numbered(`r${round}.`, 25);
        const appended = await subject.sendMany(`r${round}.`, 25);
        for (const [i, at] of appended.entries()) known.push({ text: texts[i] as string, at });
        await eventually(() => reader.texts.at(-1) === texts.at(-1), 'the last record');
        // Handled and committed: these never come again.
        await eventually(() => reader.committed === reader.records.length, 'the commit');
        subject.send('nobody waits for this').catch(() => undefined);
        await subject.under.crash();
        const mine = (await subject.everything()).filter((record) => text(record.value) !== 'nobody waits for this');
        expect(mine.map(({ value, partition, offset }) => ({ text: text(value), at: { partition, offset } }))).toEqual(
          known,
        );
        const leftovers = (await subject.everything()).length - known.length;
        const next = subject.read();
        await next.consumer.ready();
        await pause(100);
        expect(next.texts.filter((value) => value !== 'nobody waits for this')).toEqual([]);
        expect(next.records.length).toBeLessThanOrEqual(leftovers);
        await next.consumer.close();
      }
    });

    it('between handling and commit repeats what was handled, the same records at the same offsets', async () => {
      await subject.sendMany('m', 40);
      const reader = subject.read({ commits: false });
      await reader.until(40);
      await subject.under.crash();
      const next = subject.read();
      await next.until(40);
      expect(next.records.map(plain)).toEqual(reader.records.map(plain));
      await next.consumer.close();
    });
  });

  describe('refusing', () => {
    it('fails all sends behind a failed one, keeps the order of those in the log, and comes back by itself', async () => {
      const reader = subject.read();
      await subject.sendMany('before', 3);
      const accept = await subject.under.refuse();
      const outcomes: { text: string; ok: boolean }[] = [];
      const sending: Promise<void>[] = [];
      /** Ten sends in one turn; some of the first may wait, and be in the log when it comes back. */
      const burst = (name: string): void => {
        const producer = subject.log.producer();
        for (const value of numbered(name, 10)) {
          const outcome = { text: value, ok: false };
          outcomes.push(outcome);
          sending.push(
            producer.send(ONE, { key: KEY, value: Buffer.from(value) }).then(
              () => {
                outcome.ok = true;
              },
              (error) => expect(error).toMatchObject({ code: 'UNAVAILABLE' }),
            ),
          );
        }
      };
      burst('first');
      await eventually(() => !subject.log.health().ok, 'the log to say that it refuses');
      expect(subject.log.health().reason).not.toBe('');
      burst('second');
      await pause(50);
      await accept();
      await Promise.all(sending);
      await eventually(() => subject.log.health().ok, 'the log to say that it accepts');
      for (const name of ['first', 'second']) {
        const oks = outcomes.filter((outcome) => outcome.text.startsWith(name)).map(({ ok }) => ok);
        expect(oks).toEqual(oks.toSorted((a, b) => Number(b) - Number(a)));
      }
      await subject.sendMany('after', 3);
      await eventually(() => reader.texts.at(-1) === 'after2', 'the last record');
      const order = [...numbered('before', 3), ...outcomes.map((outcome) => outcome.text), ...numbered('after', 3)];
      expect(reader.texts).toEqual(order.filter((value) => reader.texts.includes(value)));
      const acknowledged = outcomes.filter(({ ok }) => ok).map((outcome) => outcome.text);
      expect(reader.texts).toEqual(expect.arrayContaining([...acknowledged, ...numbered('after', 3)]));
      await reader.consumer.close();
    });
  });

  describe('several processes', () => {
    it('share the partitions, one owner each, and take over those of a process that leaves', async (context) => {
      if (!subject.under.another) return context.skip();
      const other = await subject.under.another();
      const mine = subject.read();
      const theirs = new ContractReader(other, { topics: [ONE] });
      await Promise.all([mine.consumer.ready(), theirs.consumer.ready()]);
      const partitions = subject.log.partitions(ONE);
      await eventually(() => held(mine).length > 0 && held(theirs).length > 0, 'both to own something');
      const all = (): number[] => [...held(mine), ...held(theirs)].toSorted((a, b) => a - b);
      await eventually(() => all().length === partitions && new Set(all()).size === partitions, 'one owner each');
      await Promise.all(KEYS.map((key) => subject.send(`a ${key}`, { key })));
      await eventually(() => mine.records.length + theirs.records.length >= KEYS.length, 'all records');
      await mine.consumer.close();
      await Promise.all(KEYS.map((key) => subject.send(`b ${key}`, { key })));
      await eventually(() => mine.records.length + theirs.records.length >= 2 * KEYS.length, 'all records');
      const texts = [...mine.texts, ...theirs.texts];
      expect(new Set(texts).size).toBe(texts.length);
      expect(held(theirs).toSorted((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, i) => i));
      await theirs.consumer.close();
      await other.close();
    });

    it('hand over what they have drained and committed, record by record, while others come and go under load', async (context) => {
      if (!subject.under.another) return context.skip();
      let sent = 0;
      let stop = false;
      const load = (async () => {
        for (; !stop; sent++) await subject.send(`${sent}`, { key: KEYS[sent % KEYS.length] as string });
      })();
      const logs: EventLog[] = [];
      const readers: ContractReader[] = [];
      for (let member = 0; member < 4; member++) {
        const log = await subject.under.another();
        logs.push(log);
        readers.push(new ContractReader(log, { topics: [ONE] }));
        const seen = (): number => readers.reduce((count, { records }) => count + records.length, 0);
        const until = seen() + 200;
        await eventually(() => seen() >= until, 'records');
        // The oldest leaves while the next has just come.
        if (member > 0) await readers[member - 1]?.consumer.close();
      }
      stop = true;
      await load;
      const texts = (): string[] => readers.flatMap((reader) => reader.texts);
      await eventually(() => texts().length >= sent, 'all records');
      // Nobody died: so nothing was lost, and nothing came twice.
      expect(
        texts()
          .map(Number)
          .toSorted((a, b) => a - b),
      ).toEqual(Array.from({ length: sent }, (_, i) => i));
      for (const { records } of readers)
        for (const [partition, of] of Map.groupBy(records, (record) => record.partition)) {
          const offsets = of.map(({ offset }) => offset);
          expect([partition, offsets]).toEqual([partition, offsets.toSorted((a, b) => a - b)]);
        }
      for (const log of logs) await log.close();
    });

    it('keep the partitions that stay with them, undisturbed, when another comes', async (context) => {
      if (!subject.under.another) return context.skip();
      const other = await subject.under.another();
      const [mine, partitions] = [subject.read(), subject.log.partitions(ONE)];
      await eventually(() => held(mine).length === partitions, 'all partitions');
      const theirs = new ContractReader(other, { topics: [ONE] });
      await eventually(() => held(theirs).length === partitions / 2, 'the other to have its share');
      // Assigned once each: those that stayed were not given up in between, the others in good order.
      expect(mine.assignments).toHaveLength(partitions);
      expect(held(mine)).toHaveLength(partitions / 2);
      expect(mine.stopped).toHaveLength(partitions / 2);
      await Promise.all([mine.consumer.close(), theirs.consumer.close()]);
      await other.close();
    });

    it('read all of it where each reads by itself', async (context) => {
      if (!subject.under.another) return context.skip();
      const other = await subject.under.another();
      await subject.sendMany('m', 20);
      const readers = [subject.log, other].map((log) => new ContractReader(log, { topics: [ONE], ephemeral: true }));
      await Promise.all(readers.map(({ consumer }) => consumer.ready()));
      for (const { texts } of readers) expect(texts).toEqual(numbered('m', 20));
      await Promise.all(readers.map(({ consumer }) => consumer.close()));
      await other.close();
    });
  });
}
