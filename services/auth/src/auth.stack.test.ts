/** Several auth processes on one PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, Daemon, dropDatabase, freePorts, postgres } from '@clatter/cluster';
import { AccountRecord } from '@clatter/contracts/auth';
import { topics } from '@clatter/log';
import { noLogFaults, SimulatedLog } from '@clatter/log/simulated';
import { createLogger, loadConfig, randomIds, systemClock } from '@clatter/runtime';
import { afterEach, expect, it } from 'vitest';
import { createPgDatabase } from './adapters/pg-database.ts';
import { auditContract } from './audit.contract.ts';
import { authConfig, createAuth } from './index.ts';
import { codeOf, PASSWORD } from './test/auth-under-test.ts';

const server = process.env.CLATTER_TEST_POSTGRES ?? '';
if (server === '') throw new Error('CLATTER_TEST_POSTGRES: want the URL of a PostgreSQL server, got nothing');

const quiet = createLogger({ service: 'test', level: 'silent' });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Auth processes on one database and one log, and what they told. */
async function start(count: number, url: string) {
  const told: AccountRecord[] = [];
  const faults = noLogFaults();
  const log = new SimulatedLog({
    network: { later: (_what, run) => void setImmediate(run), nowMs: Date.now, random: () => 0.5 },
    topics: { [topics.accounts.name]: 1 },
    faults,
    watcher: { onAppend: ({ value }) => void told.push(AccountRecord.decode(value)) },
  });
  const services = Array.from({ length: count }, (_, index) =>
    createAuth({
      config: loadConfig(authConfig, {
        CLATTER_AUTH_ARGON2_MEMORY_KIB: '8',
        CLATTER_AUTH_ARGON2_PASSES: '1',
        CLATTER_AUTH_DATABASE_URL: url,
        CLATTER_AUTH_KEY_SECRET: 'the same thirty-two characters everywhere',
      }),
      log: log.connect({ name: `auth-${index}`, later: (_what: string, run: () => void) => void setImmediate(run) }),
      logger: quiet,
      clock: systemClock,
      ids: randomIds,
      dataDir: '/nowhere',
    }),
  );
  for (const service of services) closers.push(() => service.stop());
  await Promise.all(services.map((service) => service.start()));
  return { services, told, faults };
}

function freshDatabase(): string {
  const url = createDatabase(server, `clatter_test_${randomBytes(6).toString('hex')}`);
  closers.push(() => dropDatabase(url));
  return url;
}

auditContract('PostgreSQL', async () => {
  const url = createDatabase(server, `clatter_test_${randomBytes(6).toString('hex')}`);
  const options = { poolMax: 10, statementMs: 10_000, tls: undefined, clock: systemClock, logger: quiet };
  const database = createPgDatabase({ url, ...options });
  return {
    database,
    async end() {
      await database.close();
      dropDatabase(url);
    },
  };
});

it('start together with one key, and each knows what the other did', async () => {
  const { services } = await start(3, freshDatabase());
  const [one, other, third] = services as [(typeof services)[0], (typeof services)[0], (typeof services)[0]];
  const keys = await Promise.all(services.map(async ({ auth }) => (await auth.getKeys({})).jwks));
  expect(new Set(keys).size).toBe(1);
  expect(JSON.parse(keys[0] ?? '')).toMatchObject({ keys: [{ alg: 'EdDSA' }] });
  const { user, session } = await one.auth.register({ username: 'alice', password: PASSWORD });
  expect((await other.auth.login({ login: 'alice', password: PASSWORD })).user?.userId).toBe(user?.userId);
  const copies = await Promise.all(
    [one, other, third].map(({ auth }) => auth.refresh({ refreshToken: session?.refreshToken ?? '' })),
  );
  // The same refresh at three processes at once is one refresh.
  expect(new Set(copies.map((copy) => copy.session?.refreshToken)).size).toBe(1);
});

it('tell of every change once, in order, whichever of them made it', async () => {
  const { services, told } = await start(3, freshDatabase());
  const [first] = services as [(typeof services)[0]];
  const people = await Promise.all(
    ['alice', 'bob', 'carol'].map(async (username) => {
      const { user } = await first.auth.register({ username, password: PASSWORD });
      return user?.userId as string;
    }),
  );
  const changes = 30;
  await Promise.all(
    people.map(async (userId) => {
      for (let i = 0; i < changes; i++) {
        const service = services[i % services.length] as (typeof services)[0];
        await service.auth.updateProfile({ userId, statusText: `${i}` });
        // Whoever is answered can rely on it: it is in the log.
        expect(
          told.some((record) => record.userId === userId && record.profileChanged?.user?.statusText === `${i}`),
        ).toBe(true);
      }
    }),
  );
  for (const userId of people) {
    const texts = told
      .filter((record) => record.userId === userId)
      .map((record) => record.profileChanged?.user?.statusText);
    expect(texts).toEqual(Array.from({ length: changes }, (_, i) => `${i}`));
  }
});

it('tell what a process left that has ended, within seconds, once', async () => {
  const url = freshDatabase();
  const { told } = await start(2, url);
  const database = createPgDatabase({
    url,
    poolMax: 1,
    statementMs: 5000,
    tls: undefined,
    clock: systemClock,
    logger: quiet,
  });
  closers.push(() => database.close());
  const record = new Uint8Array(AccountRecord.encode({ userId: randomIds.v7(), atMs: 1, deleted: {} }));
  await database.query(
    'INSERT INTO account_outbox (user_id, record) SELECT $1::uuid, $2 FROM generate_series(1, 250)',
    [randomIds.v7(), record],
  );
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(250);
  await expect
    .poll(async () => (await database.query('SELECT count(*) AS n FROM account_outbox'))[0], { timeout: 20_000 })
    .toEqual({ n: 0 });
  expect(told).toHaveLength(250);
});

it('start before PostgreSQL: they refuse until it is there, and say why', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-pg-'));
  chmodSync(dir, 0o755);
  const [port] = (await freePorts(1)) as [number];
  const daemon = new Daemon(postgres({ dataDir: join(dir, 'data'), port, durable: false }), dir);
  closers.push(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const { services } = await start(2, `postgres://postgres@127.0.0.1:${port}/postgres`);
  for (const service of services) {
    expect(await codeOf((async () => service.auth.getKeys({}))())).toBe('UNAVAILABLE');
    await expect
      .poll(() => service.ready(), { timeout: 10_000 })
      .toEqual({ ok: false, reasons: [expect.stringContaining('ECONNREFUSED')] });
  }
  await daemon.start();
  await expect.poll(() => services.every((service) => service.ready().ok), { timeout: 30_000 }).toBe(true);
  const [one, other] = services as [(typeof services)[0], (typeof services)[0]];
  await one.auth.register({ username: 'alice', password: PASSWORD });
  await daemon.stop();
  expect(await codeOf(other.auth.login({ login: 'alice', password: PASSWORD }))).toBe('UNAVAILABLE');
  await expect.poll(() => services.some((service) => service.ready().ok), { timeout: 30_000 }).toBe(false);
  // Tokens are verified on: the keys are known.
  expect((await one.auth.getKeys({})).jwks).toContain('EdDSA');
  await daemon.start();
  await expect.poll(() => services.every((service) => service.ready().ok), { timeout: 30_000 }).toBe(true);
  expect((await other.auth.login({ login: 'alice', password: PASSWORD })).user?.username).toBe('alice');
});
