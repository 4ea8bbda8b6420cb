/** Auth on a database of its own, on the PostgreSQL server that stack tests are given. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, dropDatabase } from '@clatter/cluster';
import { topics } from '@clatter/log';
import { noLogFaults, SimulatedLog } from '@clatter/log/simulated';
import { createLogger, loadConfig, randomIds, systemClock } from '@clatter/runtime';
import type { CredentialsUnderTest } from '../credentials.contract.ts';
import type { FactorsUnderTest } from '../factors.contract.ts';
import { authConfig, createAuth } from '../index.ts';

export async function authOnPostgres(
  env: Readonly<Record<string, string>>,
): Promise<CredentialsUnderTest & FactorsUnderTest> {
  const server = process.env.CLATTER_TEST_POSTGRES ?? '';
  if (server === '') throw new Error('CLATTER_TEST_POSTGRES: want the URL of a PostgreSQL server, got nothing');
  const url = createDatabase(server, `clatter_test_${randomBytes(6).toString('hex')}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'clatter-auth-'));
  const log = new SimulatedLog({
    network: { later: (_what, run) => void setImmediate(run), nowMs: Date.now, random: () => 0.5 },
    topics: { [topics.accounts.name]: 1 },
    faults: noLogFaults(),
    watcher: { onAppend: () => undefined },
  });
  const service = createAuth({
    config: loadConfig(authConfig, {
      CLATTER_AUTH_ARGON2_MEMORY_KIB: '8',
      CLATTER_AUTH_ARGON2_PASSES: '1',
      CLATTER_AUTH_PASSWORD_SCORE_MIN: '0',
      CLATTER_AUTH_DATABASE_URL: url,
      CLATTER_AUTH_KEY_SECRET: 'the same thirty-two characters everywhere',
      ...env,
    }),
    log: log.connect({ name: 'auth', later: (_what: string, run: () => void) => void setImmediate(run) }),
    logger: createLogger({ service: 'test', level: 'silent' }),
    clock: systemClock,
    ids: randomIds,
    dataDir,
  });
  await service.start();
  return {
    auth: () => service.auth,
    factors: () => service.factors,
    nowMs: () => systemClock.nowMs(),
    async end() {
      await service.stop();
      dropDatabase(url);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
