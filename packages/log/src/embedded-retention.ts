/** Deletes the chunks of the embedded log that are past their topic's retention and below all committed offsets, in small steps. */
import type { Clock, Logger } from '@clatter/runtime';
import type { EmbeddedCommits } from './embedded-commits.ts';
import { type EmbeddedTopic, TOPIC_OFFSETS } from './embedded-topic.ts';
import type { Storage } from './storage.ts';

const EVERY_MS = 60_000;
/** Chunks in one step, which rides along with the next group of writes. */
const STEP_CHUNKS = 64;

export interface Retention {
  /** Deletes what is due; resolves when it is gone. */
  run(): Promise<void>;
  stop(): void;
}

export function startRetention(parts: {
  readonly topics: readonly EmbeddedTopic[];
  readonly commits: EmbeddedCommits;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
}): Retention {
  const { topics, commits, storage, clock, logger } = parts;
  const due = `FROM log_chunks WHERE key >= ?1 AND key + count <= ?2 AND last_ms < ?3 ORDER BY key LIMIT`;
  const some = storage.statement(`SELECT 1 ${due} 1`);
  const remove = storage.statement(`DELETE FROM log_chunks WHERE key IN (SELECT key ${due} ${STEP_CHUNKS})`);
  let stopped = false;

  const expire = async ({ topic, base, endOffset }: EmbeddedTopic): Promise<void> => {
    if (topic.retentionMs === 0) return;
    // The newest record stays: from it the log knows its end.
    const below = Math.min(endOffset - 1, commits.lowest(topic.name));
    const params = [base, base + Math.min(below, TOPIC_OFFSETS), clock.nowMs() - topic.retentionMs];
    while (!stopped && (await storage.read(some, params)).length > 0)
      await storage.write([{ statement: remove, params }]);
  };
  const run = async (): Promise<void> => {
    for (const topic of topics) await expire(topic);
  };
  const schedule = (): (() => void) =>
    clock.timer(EVERY_MS, () => {
      run()
        .catch((error) => logger.warn({ err: error }, 'old records were not deleted; it is tried again later'))
        .finally(() => {
          if (!stopped) cancel = schedule();
        });
    });
  let cancel = schedule();
  return {
    run,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
