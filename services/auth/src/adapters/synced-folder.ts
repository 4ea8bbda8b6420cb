/**
 * A folder as PGlite's file system, with a working fsync. PGlite runs PostgreSQL with `-F` (no fsync), and its mount of a folder has none to call.
 * Without it a power cut may cost more than the last seconds: a checkpoint drops the log of pages that never reached the disk. With it a
 * commit is one fsync of the log, as on a server.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** PGlite's own, but for `-F`. fdatasync and O_DSYNC are no-ops in its build (Emscripten), fsync calls the file system. */
export const syncedStart: readonly string[] = [
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  ...['-c', 'wal_sync_method=fsync'],
];

/** What Emscripten hands over to be synced; a folder has no descriptor of its own. */
type Stream = { readonly nfd?: number; readonly node: unknown };

type NodeFiles = { realPath(node: unknown): string; stream_ops: { fsync?: (stream: Stream) => number } };

export class SyncedFolder extends NodeFS {
  override async init(
    ...[database, options]: Parameters<NodeFS['init']>
  ): Promise<{ emscriptenOpts: NonNullable<Parameters<NodeFS['init']>[1]> }> {
    const { emscriptenOpts } = await super.init(database, options);
    const sync = ({ FS }: { FS: unknown }): void => {
      const files = (FS as { filesystems: { NODEFS: NodeFiles } }).filesystems.NODEFS;
      files.stream_ops.fsync = ({ nfd, node }) => {
        if (nfd !== undefined) fsyncSync(nfd);
        else syncPath(files.realPath(node));
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), sync] } };
  }
}

/** Syncs one file or folder. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export const syncedOptions = (dir: string): PGliteOptions => ({
  fs: new SyncedFolder(dir),
  startParams: [...syncedStart],
});
