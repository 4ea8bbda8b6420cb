/**
 * Deletes the chunks of the embedded log that are below all committed offsets and either past their topic's retention or beyond the bytes
 * that a topic may take, in small steps: from the oldest on, as far as one look at the oldest few goes.
 */
import type { Clock, Logger } from '@clatter/runtime';
import type { EmbeddedCommits } from './embedded-commits.ts';
import { type EmbeddedTopic, TOPIC_OFFSETS } from './embedded-topic.ts';
import type { Storage } from './storage.ts';

const EVERY_MS = 60_000;
/** Chunks in one step, which rides along with the next group of writes. */
const STEP_CHUNKS = 64;
/** What a topic may take on disk, where all its readers are done with it. */
const TOPIC_BYTES_MAX = 256 << 20;

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
  /** Absent: TOPIC_BYTES_MAX. */
  readonly topicBytesMax?: number;
}): Retention {
  const { topics, commits, storage, clock, logger, topicBytesMax = TOPIC_BYTES_MAX } = parts;
  const oldest = storage.statement(
    `SELECT key, count, last_ms, total_bytes FROM log_chunks WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ${STEP_CHUNKS}`,
  );
  const remove = storage.statement('DELETE FROM log_chunks WHERE key BETWEEN ? AND ?');
  let stopped = false;

  const expire = async (opened: EmbeddedTopic): Promise<void> => {
    const { topic, base } = opened;
    const retentionMs = topic.embeddedRetentionMs ?? topic.retentionMs;
    for (;;) {
      // The newest record stays: from it the log knows its end.
      const below = base + Math.min(opened.endOffset - 1, commits.lowest(topic.name), TOPIC_OFFSETS);
      const beforeMs = retentionMs === 0 ? Number.NEGATIVE_INFINITY : clock.nowMs() - retentionMs;
      const chunks = (await storage.read(oldest, [base, base + TOPIC_OFFSETS - 1])) as [
        number,
        number,
        number,
        number,
      ][];
      const kept = chunks.findIndex(
        ([key, count, lastMs, totalBytes]) =>
          key + count > below || (lastMs >= beforeMs && totalBytes > opened.totalBytes - topicBytesMax),
      );
      const due = kept < 0 ? chunks : chunks.slice(0, kept);
      if (stopped || due.length === 0) return;
      await storage.write([{ statement: remove, params: [base, (due.at(-1) as (typeof chunks)[0])[0]] }]);
      if (due.length < STEP_CHUNKS) return;
    }
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
