/** Wires auth: the database, the keys, and the calls. */
import { join } from 'node:path';
import type { AuthService } from '@clatter/contracts/auth';
import type { EventLog } from '@clatter/log';
import type { Clock, Ids, Logger, Service } from '@clatter/runtime';
import { AccountOutbox } from './account-outbox.ts';
import { Accounts } from './accounts.ts';
import { openPglite } from './adapters/pglite-database.ts';
import type { AuthConfig } from './config.ts';
import { loadKeys } from './keys.ts';
import { createLimits } from './limits.ts';
import { migrate } from './migrations.ts';
import { Passwords } from './passwords.ts';
import type { Database } from './ports.ts';
import { authRpc } from './rpc.ts';
import { loadSecret } from './secrets.ts';
import { Sessions } from './sessions.ts';

export interface AuthParts {
  readonly config: AuthConfig;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dataDir: string;
}

export function createAuth({
  config,
  log,
  logger,
  clock,
  ids,
  dataDir,
}: AuthParts): Service & { readonly auth: AuthService } {
  let database: Database | undefined;
  let outbox: AccountOutbox | undefined;
  let rpc: AuthService | undefined;

  return {
    name: 'auth',
    /** There once the service has started. */
    get auth() {
      if (!rpc) throw new Error('auth has not started');
      return rpc;
    },
    async start() {
      database = await openPglite(join(dataDir, 'auth', 'database'));
      await migrate(database);
      const secret = loadSecret(config.CLATTER_AUTH_KEY_SECRET, join(dataDir, 'auth', 'key.secret'));
      const tokens = await loadKeys(database, secret, config, clock, ids);
      const passwords = new Passwords(config);
      outbox = new AccountOutbox(database, log.producer(), clock, logger);
      const accounts = new Accounts({ database, passwords, outbox, clock, ids });
      const sessions = new Sessions({ database, outbox, tokens, secret, config, clock, ids });
      rpc = authRpc({ accounts, sessions, passwords, limits: createLimits(config), tokens });
      void outbox.drain();
    },
    async stop() {
      outbox?.close();
      await database?.close();
    },
    ready: () => ({ ok: rpc !== undefined, reasons: rpc ? [] : ['auth has not started'] }),
  };
}
