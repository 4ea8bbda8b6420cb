/** Wires auth: the database, the keys, and the calls. */
import { join } from 'node:path';
import type { AuthService } from '@clatter/contracts/auth';
import type { EventLog } from '@clatter/log';
import type { Clock, Ids, Logger, Service } from '@clatter/runtime';
import { AccountOutbox } from './account-outbox.ts';
import { Accounts } from './accounts.ts';
import { openPglite } from './adapters/pglite-database.ts';
import type { AuthConfig } from './config.ts';
import { keepHouse } from './housekeeping.ts';
import { AccessTokens } from './keys.ts';
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
  let endHousekeeping = (): void => undefined;

  const wire = async (opened: Database): Promise<void> => {
    await migrate(opened);
    const secret = loadSecret(config.CLATTER_AUTH_KEY_SECRET, join(dataDir, 'auth', 'key.secret'));
    const tokens = await AccessTokens.load({ database: opened, secret, config, clock, ids });
    const passwords = await Passwords.create(config);
    outbox = new AccountOutbox(opened, log.producer(), clock, logger);
    const accounts = new Accounts({ database: opened, passwords, outbox, clock, ids });
    const sessions = new Sessions({ database: opened, outbox, tokens, secret, config, clock, ids });
    rpc = authRpc({ accounts, sessions, passwords, limits: createLimits(config), tokens });
    void outbox.drain();
    const jobs = {
      'rotation of the signing keys': () => tokens.rotate(),
      'forgetting of sessions': () => sessions.forget(),
    };
    endHousekeeping = keepHouse({ clock, logger, jobs });
  };

  return {
    name: 'auth',
    /** There once the service has started. */
    get auth() {
      if (!rpc) throw new Error('auth has not started');
      return rpc;
    },
    async start() {
      database = await openPglite(join(dataDir, 'auth', 'database'), { clock, logger });
      try {
        await wire(database);
      } catch (error) {
        await database.close();
        throw error;
      }
    },
    async stop() {
      endHousekeeping();
      outbox?.close();
      await database?.close();
    },
    ready() {
      if (!rpc || !database) return { ok: false, reasons: ['auth has not started'] };
      const { ok, reason } = database.health();
      return { ok, reasons: ok ? [] : [reason] };
    },
  };
}
