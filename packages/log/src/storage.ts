/**
 * Storage: one SQLite file of the data folder. A worker thread writes it in groups (group-writer.ts), another one reads it, so that a read
 * never waits for an fsync, and a third copies its write-ahead log back (checkpointer.ts), so that a write never waits for that.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Logger, StartError } from '@clatter/runtime';
import { Checkpointer } from './checkpointer.ts';
import { lockDirectory } from './directory-lock.ts';
import { type Contribute, GroupWriter, type Op } from './group-writer.ts';
import type { SqlValue } from './storage-protocol.ts';
import { StorageThread } from './storage-thread.ts';
import { type Rows, TurnReads } from './turn-reads.ts';
import type { AddOp, Statement } from './write-group.ts';

export type { AddOp, SqlValue, Statement };

export interface Storage {
  /** Runs the scripts of `name` that were not run yet, each in one transaction. */
  migrate(name: string, scripts: readonly string[]): Promise<void>;
  /** Prepared when it is used first. */
  statement(sql: string): Statement;
  /**
   * Adds to the next group; resolves when it is on disk, and all before it. With no ops it resolves with the next group, whatever is in it.
   * Rejects with UNAVAILABLE when too much waits already, or when the storage closes and the disk refuses.
   */
  write(ops: readonly Op[]): Promise<void>;
  /** Called right before each group is written: may add to it, and gets told when it is on disk. */
  onGroup(contribute: Contribute): void;
  /** Sees every write that resolved before. Rows as arrays. */
  read(statement: Statement, params: readonly SqlValue[]): Promise<Rows>;
  /** Whether writes get through; `false` with a reason while the disk refuses them. They wait and are tried again. */
  health(): { readonly ok: boolean; readonly reason: string };
  /** Bounds the file, as a full disk does; 0 takes the bound away. */
  limitPages(pagesMax: number): Promise<void>;
  close(): Promise<void>;
}

/** SQLite's own bound. */
const PAGES_MAX = 4294967294;

export interface StorageOptions {
  readonly dir: string;
  readonly logger: Logger;
  /** Shortest time between the starts of two groups. */
  readonly lingerMs?: number;
  /** `false`: it has to be there. */
  readonly make?: boolean;
}

/** As `mkdirSync` with `recursive`, which never ends where a file system says ENOENT to what it does not allow, as /proc does. */
function makeFolder(dir: string): void {
  if (existsSync(dir) && statSync(dir).isDirectory()) return;
  const parent = dirname(dir);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(dir);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!existsSync(dir) || !statSync(dir).isDirectory()) throw error;
  }
}

/** Opens, or makes, the storage of a data folder. Rejects with a StartError where it cannot be written or another process has it. */
export async function openStorage({ dir, logger, lingerMs = 3, make = true }: StorageOptions): Promise<Storage> {
  const file = join(dir, 'clatter.db');
  if (!make && !existsSync(file)) throw new StartError(`${dir} is no data folder: there is no ${file}`);
  try {
    makeFolder(dir);
  } catch (error) {
    throw new StartError(`data folder ${dir} cannot be made: ${(error as Error).message} (CLATTER_DATA_DIR)`);
  }
  const lock = lockDirectory(dir);
  const writer = new StorageThread({ file, role: 'writer' });
  try {
    // The file is there, in WAL mode, before the reader opens it.
    await writer.ask({ kind: 'migrate', name: 'storage', scripts: [] });
  } catch (error) {
    await writer.close();
    lock.release();
    throw new StartError(`${file} cannot be opened: ${(error as Error).message} (CLATTER_DATA_DIR)`);
  }
  const reader = new StorageThread({ file, role: 'reader' });
  const reads = new TurnReads((statements, params) => reader.ask({ kind: 'read', statements, params }));
  const copier = new StorageThread({ file, role: 'checkpointer' });
  const checkpointer = new Checkpointer(
    async () => (await copier.ask({ kind: 'checkpoint', whole: false })).pages ?? 0,
    () => writer.ask({ kind: 'checkpoint', whole: true }),
    logger,
  );
  const groups = new GroupWriter({
    lingerMs,
    logger,
    commit: async (group) => {
      const { statements, counts, params } = group;
      const { blobs, bytes } = group.packBlobs();
      await writer.ask({ kind: 'commit', statements, counts, params, blobs, bytes }, [bytes.buffer]);
      // Pages, indexes and the log's own headers: about three bytes for each that was given.
      checkpointer.wrote(group.bytes * 3);
    },
  });
  let statements = 0;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await groups.close();
    await Promise.all([reader.close(), copier.close()]);
    await writer.close();
    lock.release();
  };

  return {
    async migrate(name, scripts) {
      await writer.ask({ kind: 'migrate', name, scripts });
    },
    statement(sql) {
      const statement = statements++;
      for (const thread of [writer, reader]) thread.tell({ kind: 'prepare', statement, sql });
      return statement;
    },
    write: (ops) => groups.write(ops),
    onGroup: (contribute) => groups.contributor(contribute),
    read: (statement, params) => reads.read(statement, params),
    health: () => ({
      ok: groups.trouble === '',
      reason: groups.trouble && `cannot write to ${file}: ${groups.trouble}`,
    }),
    async limitPages(max) {
      await writer.ask({ kind: 'limit', pagesMax: max || PAGES_MAX });
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
