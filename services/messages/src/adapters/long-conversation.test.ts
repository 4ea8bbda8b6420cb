import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { longConversationContract } from '../contract/long-conversation.ts';
import { createSqliteMessageStore } from './sqlite-message-store.ts';

longConversationContract('SQLite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-long-'));
  const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
  return {
    store: await createSqliteMessageStore({ storage }),
    async end() {
      await storage.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});
