/**
 * Pushes as JSON lines in a folder, one file a day, for people to look at: `push-2026-11-24.jsonl`. The newest FILES_KEPT files stay.
 * What is appended survives a killed process at once, and a power cut within seconds: it is not fsynced, since the change feed is read again
 * from the committed offset only.
 */
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Push } from '@clatter/contracts/notifications';
import type { Clock } from '@clatter/runtime';
import type { PushOutbox } from '../ports.ts';

const FILES_KEPT = 7;
/** Ids that are remembered, so that a record that is read again makes no second push. */
const IDS_MAX = 50_000;
const NAME = /^push-\d{4}-\d{2}-\d{2}\.jsonl$/;

/** Opens, or makes, the outbox of a folder. */
export async function openFilePushOutbox(dir: string, clock: Clock): Promise<PushOutbox> {
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
  for (const name of (await files()).slice(-2)) for (const push of await read(name)) remember(push.pushId);

  let last: Promise<void> = Promise.resolve();
  const append = async (pushes: readonly Push[]): Promise<void> => {
    const fresh = pushes.filter(({ pushId }) => !seen.has(pushId));
    if (fresh.length === 0) return;
    const name = `push-${new Date(clock.nowMs()).toISOString().slice(0, 10)}.jsonl`;
    // A line break first: what a killed process left half written stays a line of its own.
    await appendFile(join(dir, name), `\n${fresh.map((push) => JSON.stringify(push)).join('\n')}`);
    for (const { pushId } of fresh) remember(pushId);
    const old = (await files()).slice(0, -FILES_KEPT);
    await Promise.all(old.map((file) => rm(join(dir, file), { force: true })));
  };

  return {
    send(pushes) {
      const mine = last.then(() => append(pushes));
      last = mine.catch(() => undefined);
      return mine;
    },
    async list(userId, limit) {
      await last;
      const found: Push[] = [];
      for (const name of (await files()).reverse()) {
        const pushes = (await read(name)).reverse().filter((push) => userId === undefined || push.userId === userId);
        found.push(...pushes.slice(0, limit - found.length));
        if (found.length >= limit) break;
      }
      return found;
    },
    close: () => last,
  };
}

function parsePush(line: string): Push | undefined {
  try {
    return Push.create(JSON.parse(line) as Partial<Push>);
  } catch {
    return undefined;
  }
}
