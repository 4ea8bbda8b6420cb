/**
 * One process per data folder. The lock is an exclusive lock on a SQLite file, which the kernel lets go when its process dies, however it
 * dies; the process id beside it is for the message alone.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '@clatter/runtime';

export interface DirectoryLock {
  release(): void;
}

/** Throws a StartError where the folder cannot be written or another process has it. */
export function lockDirectory(dir: string): DirectoryLock {
  const owner = join(dir, 'lock.pid');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dir, 'lock.db'), { timeout: 0 });
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(owner, String(process.pid));
  } catch (error) {
    database?.close();
    const message = (error as Error).message;
    if (/locked|busy/i.test(message))
      throw new StartError(
        `data folder ${dir} is in use by process ${readOwner(owner)}; stop it or set CLATTER_DATA_DIR`,
      );
    throw new StartError(`data folder ${dir} cannot be written: ${message} (CLATTER_DATA_DIR)`);
  }
  const held = database;
  return {
    release() {
      rmSync(owner, { force: true });
      held.close();
    },
  };
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return 'unknown';
  }
}
