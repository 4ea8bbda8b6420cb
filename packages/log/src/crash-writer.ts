/**
 * A process for crash.test.ts to kill: sends without end, derives a row from each record it reads, and says on standard output what
 * the world may build on: a send that resolved, and a row that stands.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { createLogger, systemClock } from '@clatter/runtime';
import { createEmbeddedLog } from './embedded-log.ts';
import { openStorage } from './storage.ts';
import { topics } from './topics.ts';

export const CRASH_WRITER = import.meta.filename;
export const DERIVED = ['CREATE TABLE derived (record INTEGER PRIMARY KEY, value TEXT NOT NULL)'];
export const GROUP = 'derive';

const KEY = '01a20dbc-82c9-703e-a113-a39fd8827d3e';

const say = (what: 'sent' | 'stands', offset: number, value: string): void =>
  void process.stdout.write(`${what} ${offset} ${value}\n`);

async function run(dir: string): Promise<void> {
  const logger = createLogger({ service: 'crash-writer', level: 'warn' });
  const storage = await openStorage({ dir, logger });
  const log = await createEmbeddedLog({ storage, clock: systemClock, logger });
  await storage.migrate('derived', DERIVED);
  const derive = storage.statement('INSERT INTO derived VALUES (?, ?) ON CONFLICT DO NOTHING');
  const consumer = log.consume({
    group: GROUP,
    topics: [topics.commands.name],
    start: 'beginning',
    assign: async (assignment) => ({
      async onBatch(records) {
        const rows = records.map(({ offset, value }) => [offset, Buffer.from(value).toString()] as const);
        await storage.write(rows.map((params) => ({ statement: derive, params })));
        for (const [offset, value] of rows) say('stands', offset, value);
        void assignment.commit((rows.at(-1)?.[0] ?? 0) + 1);
      },
      stop: async () => undefined,
    }),
  });
  await consumer.ready();
  const producer = log.producer();
  for (;;) {
    for (let count = randomInt(1, 40); count > 0; count--) {
      const value = `${randomUUID()}${'x'.repeat(randomInt(0, 2000))}`;
      void producer
        .send(topics.commands.name, { key: KEY, value: Buffer.from(value) })
        .then(({ offset }) => say('sent', offset, value));
    }
    await new Promise((resolve) => setTimeout(resolve, randomInt(0, 6)));
  }
}

if (process.argv[1] === CRASH_WRITER) await run(process.argv[2] as string);
