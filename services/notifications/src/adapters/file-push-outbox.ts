/**
 * Pushes as JSON lines in a folder, for people to look at: today's in `push-2026-11-24.jsonl`. A file that is full is set aside as
 * `push-2026-11-24.0001.jsonl` and so on; of all of them the newest FILES_KEPT stay. Processes that share a folder write files of their own,
 * `push-2026-11-24.<process>.jsonl`, and read each other's: whoever takes over a partition of the feed knows what was pushed from it. Where each
 * has a folder of its own, what a killed process pushed and did not commit is pushed again by the next.
 *
 * What is appended survives a killed process. It is not fsynced, so a power cut may take the last seconds, while the offset of the change
 * feed stands: they are not pushed again. A real sender hands its pushes to somebody else before the offset is committed.
 */
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Push } from '@clatter/contracts/notifications';
import type { Clock } from '@clatter/runtime';
import type { PushOutbox } from '../ports.ts';

const FILE_BYTES_MAX = 8 << 20;
const FILES_KEPT = 16;
/** Ids that are remembered, so that a record that is read again makes no second push. */
const IDS_MAX = 50_000;
/** In the order of their names: set aside first, the one in use last. */
const NAME = /^push-\d{4}-\d{2}-\d{2}(?:\.p[0-9a-f]+)?(\.(\d{4}))?\.jsonl$/;

export interface FilePushOutboxOptions {
  /** A file that has reached this gets no more. */
  readonly fileBytesMax?: number;
  readonly filesKept?: number;
  /** Tells this process from the others that share the folder, in hex digits; absent where there are none. */
  readonly process?: string;
}

/** Opens, or makes, the outbox of a folder. */
export async function openFilePushOutbox(
  dir: string,
  clock: Clock,
  { fileBytesMax = FILE_BYTES_MAX, filesKept = FILES_KEPT, process }: FilePushOutboxOptions = {},
): Promise<PushOutbox> {
  await mkdir(dir, { recursive: true });
  const files = async (): Promise<string[]> => (await readdir(dir)).filter((name) => NAME.test(name)).sort();
  const read = async (name: string): Promise<Push[]> => {
    const lines = (await readFile(join(dir, name), 'utf8')).split('\n');
    // The last line may be half of one, where the process was killed while it wrote.
    return lines.flatMap((line) => parsePush(line) ?? []);
  };

  const seen = new Set<string>();
  const remember = (id: string): void => {
    seen.add(id);
    if (seen.size > IDS_MAX) seen.delete(seen.values().next().value as string);
  };
  const ids: string[] = [];
  for (const name of (await files()).reverse()) {
    for (const { pushId } of (await read(name)).reverse()) ids.push(pushId);
    if (ids.length >= IDS_MAX) break;
  }
  for (const id of ids.slice(0, IDS_MAX).reverse()) remember(id);

  /** Bytes of the others' files that were read, by inode: a file that is set aside is the same under another name. */
  const readOf = new Map<number, number>();
  /** Learns what the other processes have written since the last time. */
  const hearOthers = async (): Promise<void> => {
    if (process === undefined) return;
    for (const name of await files()) {
      if (name.includes(`.p${process}.`)) continue;
      for (const line of (await unread(join(dir, name), readOf)).split('\n')) {
        const heard = parsePush(line);
        if (heard) remember(heard.pushId);
      }
    }
  };

  /** Makes room: the file of today, and how large it is. */
  const current = async (): Promise<{ file: string; size: number }> => {
    const date = new Date(clock.nowMs()).toISOString().slice(0, 10);
    const day = process === undefined ? `push-${date}` : `push-${date}.p${process}`;
    const file = join(dir, `${day}.jsonl`);
    const size = await sizeOf(file);
    if (size > 0 && size < fileBytesMax) return { file, size };
    await mkdir(dir, { recursive: true });
    const known = await files();
    if (size > 0) {
      const number = Math.max(
        0,
        ...known.map((name) => (name.startsWith(`${day}.`) ? Number(NAME.exec(name)?.[2] ?? 0) : 0)),
      );
      await rename(file, join(dir, `${day}.${String(number + 1).padStart(4, '0')}.jsonl`));
    }
    const others = (await files()).filter((name) => name !== `${day}.jsonl`);
    await Promise.all(
      others.slice(0, Math.max(0, others.length + 1 - filesKept)).map((name) => rm(join(dir, name), { force: true })),
    );
    return { file, size: 0 };
  };

  const append = async (pushes: readonly Push[]): Promise<void> => {
    await hearOthers();
    const fresh = new Map(pushes.filter(({ pushId }) => !seen.has(pushId)).map((push) => [push.pushId, push]));
    if (fresh.size === 0) return;
    const { file, size } = await current();
    try {
      // A line break first: what a killed process left half written stays a line of its own.
      await appendFile(file, `\n${[...fresh.values()].map((push) => JSON.stringify(push)).join('\n')}`);
    } catch (error) {
      // A disk that is full took a part of it: the next try writes all of it.
      await truncate(file, size).catch(() => undefined);
      throw error;
    }
    for (const id of fresh.keys()) remember(id);
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: files are set aside and removed in between. */
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run);
    last = mine.catch(() => undefined);
    return mine;
  };

  return {
    send: (pushes) => inTurn(() => append(pushes)),
    list: (userId, limit) =>
      inTurn(async () => {
        const found: Push[] = [];
        for (const name of (await files()).reverse()) {
          const pushes = (await read(name)).reverse().filter((push) => userId === undefined || push.userId === userId);
          found.push(...pushes.slice(0, limit - found.length));
          if (found.length >= limit) break;
        }
        return found;
      }),
    async close() {
      await last;
    },
  };
}

/** What was not read of a file, and is now; nothing of one that is gone. */
async function unread(file: string, readOf: Map<number, number>): Promise<string> {
  try {
    const opened = await open(file, 'r');
    try {
      const { ino, size } = await opened.stat();
      const from = readOf.get(ino) ?? 0;
      if (size <= from) return '';
      const { buffer, bytesRead } = await opened.read({ buffer: Buffer.alloc(size - from), position: from });
      readOf.set(ino, from + bytesRead);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** In bytes; 0 for a file that is not there. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

function parsePush(line: string): Push | undefined {
  try {
    return Push.create(JSON.parse(line) as Partial<Push>);
  } catch {
    return undefined;
  }
}
