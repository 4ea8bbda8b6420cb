/** Reads the change feed and pushes to people who are away. What fails is tried again in place; then the offset is committed. */
import type { AuthService } from '@clatter/contracts/auth';
import { FeedRecord } from '@clatter/contracts/messages';
import type { Push } from '@clatter/contracts/notifications';
import type { PresenceService } from '@clatter/contracts/presence';
import type { Assignment, LogRecord, PartitionConsumer } from '@clatter/log';
import { backoff, type Clock, type Counter, type Logger, sleep } from '@clatter/runtime';
import type { PushSender } from './ports.ts';
import { candidates, pushOf } from './pushes.ts';

const RETRY = { baseMs: 100, maxMs: 5000 };
const NAMES_MAX = 10_000;
const NAME_TTL_MS = 60_000;

export interface FeedParts {
  readonly presence: PresenceService;
  readonly auth: AuthService;
  readonly sender: PushSender;
  readonly preview: 'full' | 'none';
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pushed: Counter;
}

export class FeedConsumer implements PartitionConsumer {
  readonly #parts: FeedParts;
  readonly #assignment: Assignment;
  readonly #names = new Map<string, { name: string; untilMs: number }>();

  constructor(parts: FeedParts, assignment: Assignment) {
    this.#parts = parts;
    this.#assignment = assignment;
  }

  async onBatch(records: readonly LogRecord[]): Promise<void> {
    const { logger, clock } = this.#parts;
    const feed = records.flatMap((record) => {
      try {
        return [FeedRecord.decode(record.value)];
      } catch (error) {
        logger.error({ err: error, offset: record.offset }, 'a record is not of the feed');
        return [];
      }
    });
    for (let tries = 0; !this.#assignment.signal.aborted; tries++) {
      try {
        await this.#push(feed);
        void this.#assignment.commit((records.at(-1) as LogRecord).offset + 1);
        return;
      } catch (error) {
        if (tries === 0) logger.warn({ err: error }, 'pushes wait; they are tried again');
        await sleep(clock, backoff(tries, RETRY), this.#assignment.signal);
      }
    }
  }

  async stop(): Promise<void> {
    // Each batch is whole when onBatch resolves.
  }

  async #push(feed: readonly FeedRecord[]): Promise<void> {
    const people = new Set(feed.flatMap(candidates));
    if (people.size === 0) return;
    const { connections = [] } = await this.#parts.presence.locate({ userIds: [...people] });
    for (const { userId, foreground } of connections) if (foreground && userId !== undefined) people.delete(userId);
    if (people.size === 0) return;
    const pushes: Push[] = [];
    for (const record of feed) {
      for (const userId of candidates(record)) {
        if (!people.has(userId)) continue;
        const name = await this.#nameOf(record.event?.senderId ?? '', userId);
        pushes.push(pushOf(record, userId, name, this.#parts.preview));
      }
    }
    await this.#parts.sender.send(pushes);
    this.#parts.pushed.add(pushes.length);
  }

  async #nameOf(userId: string, viewerId: string): Promise<string> {
    const now = this.#parts.clock.nowMs();
    const known = this.#names.get(userId);
    if (known && known.untilMs > now) return known.name;
    const { users } = await this.#parts.auth.getUsers({ viewerId, userIds: [userId] });
    const name = users?.[0]?.displayName ?? 'Somebody';
    this.#names.delete(userId);
    this.#names.set(userId, { name, untilMs: now + NAME_TTL_MS });
    if (this.#names.size > NAMES_MAX) this.#names.delete(this.#names.keys().next().value as string);
    return name;
  }
}
