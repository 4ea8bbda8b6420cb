/** PostgreSQL as Debian has it. It refuses to be root, and then runs as the user postgres. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../daemon.ts';

export interface PostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  /** Whether commits are on the disk when they are acknowledged; tests do without. */
  readonly durable: boolean;
}

const isRoot = (): boolean => process.getuid?.() === 0;
const asPostgres = (): string[] =>
  isRoot() ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];

function program(name: string): string {
  const found = globSync(`/usr/lib/postgresql/*/bin/${name}`).sort().at(-1);
  if (found === undefined) throw new Error(`PostgreSQL's ${name} is missing: run deploy/stack/provision.sh`);
  return found;
}

export function postgres({ dataDir, port, durable }: PostgresOptions): Program {
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
  ];
  return {
    name: 'postgres',
    async prepare() {
      own(dataDir);
      const cluster = join(dataDir, 'cluster');
      // A server that was killed leaves its lock, whose process number may be another program's by now.
      rmSync(join(cluster, 'postmaster.pid'), { force: true });
      if (existsSync(join(cluster, 'PG_VERSION'))) return;
      const init = ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
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

/** Makes a database on the server of `url` where it is not there, and gives its address. */
export function createDatabase(url: string, name: string): string {
  const { status, stderr } = spawnSync(program('createdb'), ['--maintenance-db', url, name], { encoding: 'utf8' });
  if (status !== 0 && !stderr.includes('already exists')) throw new Error(`createdb ${name}: ${stderr.trim()}`);
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}

/** Drops the database of `url`, whoever uses it. */
export function dropDatabase(url: string): void {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  const args = ['--maintenance-db', server.href, '--force', '--if-exists', name];
  execFileSync(program('dropdb'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
