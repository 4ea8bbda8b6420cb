/** PostgreSQL as Debian has it. It refuses to be root, and then runs as the user postgres. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../daemon.ts';
import type { StackSecurity } from './security.ts';

export interface PostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  /** Whether commits are on the disk when they are acknowledged; tests do without. */
  readonly durable: boolean;
  readonly security?: StackSecurity | undefined;
}

const isRoot = (): boolean => process.getuid?.() === 0;
const asPostgres = (): string[] =>
  isRoot() ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];

function program(name: string): string {
  const found = globSync(`/usr/lib/postgresql/*/bin/${name}`).sort().at(-1);
  if (found === undefined) throw new Error(`PostgreSQL's ${name} is missing: run deploy/stack/provision.sh`);
  return found;
}

export function postgres({ dataDir, port, durable, security }: PostgresOptions): Program {
  const own = (dir: string): void => {
    mkdirSync(dir, { recursive: true });
    if (!isRoot()) return;
    execFileSync('chown', ['postgres', dir]);
    const [setpriv, ...user] = asPostgres();
    if (spawnSync(setpriv as string, [...user, 'test', '-x', dir]).status !== 0)
      throw new Error(
        `PostgreSQL does not run as root, and its user may not enter ${dir}: move the checkout to where it may`,
      );
  };
  const quick = durable ? [] : ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];
  const command = [
    ...asPostgres(),
    program('postgres'),
    ...['-D', join(dataDir, 'cluster'), '-p', `${port}`, '-k', ''],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=64MB', '-c', 'max_connections=200', ...quick],
    ...(security ? secured(dataDir) : []),
  ];
  return {
    name: 'postgres',
    async prepare() {
      own(dataDir);
      if (security) writeSecurity(dataDir, security);
      const cluster = join(dataDir, 'cluster');
      // A server that was killed leaves its lock, whose process number may be another program's by now.
      rmSync(join(cluster, 'postmaster.pid'), { force: true });
      if (existsSync(join(cluster, 'PG_VERSION'))) return;
      const access = security ? ['-A', 'scram-sha-256', '--pwfile', join(dataDir, 'password')] : ['-A', 'trust'];
      const init = ['-D', cluster, '-U', 'postgres', ...access, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
      const [first, ...rest] = [...asPostgres(), program('initdb'), ...init] as [string, ...string[]];
      execFileSync(first, rest, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    },
    command: command as [string, ...string[]],
    // Fast shutdown: sessions are ended, what was committed is kept.
    stopSignal: 'SIGINT',
    stopMs: 20_000,
    ready: (log) => log.includes('database system is ready to accept connections'),
    readyMs: 60_000,
  };
}

/** Files that its user may read, and who may come. */
function writeSecurity(dataDir: string, { ca, server, password }: StackSecurity): void {
  const [certificate, key, pw, hba] = ['server.pem', 'server.key', 'password', 'hba.conf'].map((file) =>
    join(dataDir, file),
  ) as [string, string, string, string];
  copyFileSync(ca, join(dataDir, 'ca.pem'));
  copyFileSync(server.certificate, certificate);
  copyFileSync(server.key, key);
  writeFileSync(pw, `${password}\n`, { mode: 0o600 });
  writeFileSync(hba, 'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n');
  if (isRoot()) execFileSync('chown', ['postgres', certificate, key, pw, hba, join(dataDir, 'ca.pem')]);
}

const secured = (dataDir: string): string[] =>
  [
    'ssl=on',
    `ssl_cert_file=${join(dataDir, 'server.pem')}`,
    `ssl_key_file=${join(dataDir, 'server.key')}`,
    `ssl_ca_file=${join(dataDir, 'ca.pem')}`,
    `hba_file=${join(dataDir, 'hba.conf')}`,
  ].flatMap((setting) => ['-c', setting]);

type Env = Readonly<Record<string, string>>;

/** Makes a database on the server of `url` where it is not there, and gives its address. @param env for PostgreSQL's tools, such as PGSSLCERT */
export function createDatabase(url: string, name: string, env: Env = {}): string {
  const { status, stderr } = spawnSync(program('createdb'), ['--maintenance-db', url, name], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status !== 0 && !stderr.includes('already exists')) throw new Error(`createdb ${name}: ${stderr.trim()}`);
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}

/** Drops the database of `url`, whoever uses it. */
export function dropDatabase(url: string, env: Env = {}): void {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  const args = ['--maintenance-db', server.href, '--force', '--if-exists', name];
  execFileSync(program('dropdb'), args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
}

/** What one statement answers, a line for each row. For tools; services have a driver. */
export function queryDatabase(url: string, sql: string, env: Env = {}): string[] {
  const args = ['--no-psqlrc', '--tuples-only', '--no-align', '--quiet', '--command', sql, url];
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...env } } as const;
  return execFileSync(program('psql'), args, options).split('\n').filter(Boolean);
}
