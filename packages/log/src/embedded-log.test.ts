/** The embedded log passes the contract. A crash is what kill -9 leaves: the files as they are at that moment. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, systemClock } from '@clatter/runtime';
import { createEmbeddedLog } from './embedded-log.ts';
import { eventLogContract } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { openStorage, type Statement, type Storage } from './storage.ts';

eventLogContract('embedded', async (topics) => {
  const root = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  const logger = createLogger({ service: 'test', level: 'silent' });
  const abandoned: (() => Promise<void>)[] = [];
  let lives = 0;
  let storage: Storage;
  let filler: Statement;
  let log: EventLog;
  const start = async (): Promise<void> => {
    storage = await openStorage({ dir: join(root, `life-${lives}`), logger });
    await storage.migrate('filler', ['CREATE TABLE filler (bytes BLOB)']);
    filler = storage.statement('INSERT INTO filler VALUES (?)');
    log = await createEmbeddedLog({ storage, clock: systemClock, logger, topics });
  };
  const stop = async (): Promise<void> => {
    await log.close();
    await storage.close();
  };
  await start();
  return {
    get log() {
      return log;
    },
    async restart() {
      await stop();
      await start();
    },
    async crash() {
      const [oldLog, oldStorage] = [log, storage];
      abandoned.push(async () => {
        await oldLog.close();
        await oldStorage.close();
      });
      const from = join(root, `life-${lives++}`);
      for (const file of ['clatter.db', 'clatter.db-wal']) cpSync(join(from, file), join(root, `life-${lives}`, file));
      await start();
    },
    async refuse() {
      await storage.limitPages(1);
      // What does not fit any more; it is retried, and what is sent after it waits or is refused.
      void storage.write([{ statement: filler, params: [new Uint8Array(1 << 20)] }]);
      return () => storage.limitPages(0);
    },
    async end() {
      await stop();
      for (const close of abandoned) await close();
      rmSync(root, { recursive: true, force: true });
    },
  };
});
