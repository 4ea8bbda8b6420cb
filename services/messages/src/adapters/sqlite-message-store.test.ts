import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage, type Storage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { messageStoreContract } from '../message-store.contract.ts';
import type { MessageStore } from '../ports.ts';
import { createSqliteMessageStore } from './sqlite-message-store.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

messageStoreContract('SQLite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-store-'));
  let storage: Storage;
  let store: MessageStore;
  const start = async (): Promise<void> => {
    storage = await openStorage({ dir, logger });
    store = await createSqliteMessageStore({ storage });
  };
  const stop = async (): Promise<void> => {
    await store.close();
    await storage.close();
  };
  await start();
  return {
    get store() {
      return store;
    },
    async reopen() {
      await stop();
      await start();
    },
    async end() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});
