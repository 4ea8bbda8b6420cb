/** The folder of a PGlite database, in a state that it can be opened from, whenever the process before was killed. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PgliteThread } from './pglite-thread.ts';
import { syncPath } from './synced-folder.ts';

/** Files that are synced at once: as many as libuv has threads. */
const AT_ONCE = 4;

/**
 * Making a database takes seconds and a thousand files; killed in the middle, it leaves what looks like one and is none. So it is made beside
 * its place, closed, synced, and moved there as a whole.
 */
export async function prepareFolder(dir: string): Promise<void> {
  if (existsSync(join(dir, 'PG_VERSION'))) {
    // What a killed process left: the data folder has one owner, by the lock of the storage beside it.
    rmSync(join(dir, 'postmaster.pid'), { force: true });
    return;
  }
  const fresh = `${dir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  // Addresses and password hashes are nobody else's to read.
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  await (await PgliteThread.open(fresh)).close();
  await syncTree(fresh);
  renameSync(fresh, dir);
  syncPath(dirname(dir));
}

async function syncTree(dir: string): Promise<void> {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name));
  paths.push(dir);
  const syncRest = async (): Promise<void> => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const file = await open(path, 'r');
      await file.sync().finally(() => file.close());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, syncRest));
}
