/** Reads the change feed and pushes to people who are away. What fails is tried again in place; then the offset is committed. */
import type { AuthService } from '@clatter/contracts/auth';
import { FeedRecord, type MessagesService } from '@clatter/contracts/messages';
import type { Push } from '@clatter/contracts/notifications';
import type { PresenceService } from '@clatter/contracts/presence';
import type { Assignment, LogRecord, PartitionConsumer } from '@clatter/log';
import { backoff, type Clock, type Counter, inTrace, type Logger, newTraceparent, sleep } from '@clatter/runtime';
import { ChannelPushes } from './channel-pushes.ts';
import type { PushSender } from './ports.ts';
import { candidates, type Fed, type Held, isHeldBack, pushOf } from './pushes.ts';

const RETRY = { baseMs: 100, maxMs: 5000 };
/** Pushes in one call of the sender: a batch of the feed may call for a million. */
const PUSHES_MAX = 1000;
/** People in one call that asks who has a conversation muted or hidden. */
const MUTED_ASKED_MAX = 500;
const NAMES_MAX = 10_000;
const NAME_TTL_MS = 60_000;

export interface FeedParts {
  readonly presence: PresenceService;
  readonly messages: Pick<MessagesService, 'pageMembers' | 'listMuted'>;
  readonly auth: AuthService;
  readonly sender: PushSender;
  readonly preview: 'full' | 'none';
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pushed: Counter;
  /** Aborts when the process stops: what could not be pushed yet is read again by the next one. */
  readonly stopping: AbortSignal;
}

export class FeedConsumer implements PartitionConsumer {
  readonly #parts: FeedParts;
  readonly #assignment: Assignment;
  readonly #names = new Map<string, { name: string; untilMs: number }>();
  readonly #givenUp: AbortSignal;
  #committed: Promise<void> = Promise.resolve();

  constructor(parts: FeedParts, assignment: Assignment) {
    this.#parts = parts;
    this.#assignment = assignment;
    this.#givenUp = AbortSignal.any([assignment.signal, parts.stopping]);
  }

  /** What is asked for the whole batch is in the trace of its first record. */
  onBatch(records: readonly LogRecord[]): Promise<void> {
    return inTrace(records[0]?.headers.traceparent, () => this.#take(records));
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const { logger, clock } = this.#parts;
    const feed = records.flatMap((record): Fed[] => {
      try {
        const { traceparent = newTraceparent() } = record.headers;
        return [{ record: FeedRecord.decode(record.value), traceparent }];
      } catch (error) {
        logger.error({ err: error, offset: record.offset }, 'a record is not of the feed');
        return [];
      }
    });
    const channels = new ChannelPushes(feed, {
      messages: this.#parts.messages,
      push: (fed, userIds) => this.#push([{ ...fed, record: { ...fed.record, memberIds: [...userIds] } }]),
      givenUp: this.#givenUp,
    });
    for (let tries = 0; !this.#givenUp.aborted; tries++) {
      try {
        await this.#push(feed);
        if (!(await channels.pushAll())) return;
        this.#commit((records.at(-1) as LogRecord).offset + 1);
        return;
      } catch (error) {
        if (tries === 0) logger.warn({ err: error }, 'pushes wait; they are tried again');
        await sleep(clock, backoff(tries, RETRY), this.#givenUp);
      }
    }
  }

  async stop(): Promise<void> {
    await this.#committed;
  }

  /** Not waited for: a commit that fails is made up for by the next one, or the records come again and the sender knows their pushes. */
  #commit(offset: number): void {
    this.#committed = this.#assignment.commit(offset).catch((error) => {
      this.#parts.logger.warn({ err: error, partition: this.#assignment.partition }, 'an offset was not committed');
    });
  }

  async #push(feed: readonly Fed[]): Promise<void> {
    const people = new Set(feed.flatMap(({ record }) => candidates(record)));
    if (people.size === 0) return;
    const { connections = [] } = await this.#parts.presence.locate({ userIds: [...people] });
    for (const { userId, foreground } of connections) if (foreground && userId !== undefined) people.delete(userId);
    if (people.size === 0) return;
    const held = await this.#heldIn(feed, people);
    let pushes: Push[] = [];
    for (const fed of feed) {
      const { record } = fed;
      for (const userId of candidates(record)) {
        if (!people.has(userId)) continue;
        if (isHeldBack(record, userId, held.get(record.event?.conversationId ?? '') as Held)) continue;
        const name = await this.#nameOf(record.event?.senderId ?? '', userId);
        pushes.push(pushOf(fed, userId, name, this.#parts.preview));
        if (pushes.length < PUSHES_MAX) continue;
        await this.#send(pushes);
        pushes = [];
      }
    }
    await this.#send(pushes);
  }

  /** Who of these people has which conversation muted or hidden now. */
  async #heldIn(feed: readonly Fed[], people: ReadonlySet<string>): Promise<ReadonlyMap<string, Held>> {
    const asked = new Map<string, Set<string>>();
    for (const { record } of feed)
      for (const userId of candidates(record)) {
        const id = record.event?.conversationId ?? '';
        if (people.has(userId)) asked.set(id, (asked.get(id) ?? new Set()).add(userId));
      }
    const held = new Map<string, Held>();
    for (const [conversationId, userIds] of asked) {
      const all = [...userIds];
      const muted = new Set<string>();
      const hidden = new Set<string>();
      for (let from = 0; from < all.length; from += MUTED_ASKED_MAX) {
        const answer = await this.#parts.messages.listMuted({
          conversationId,
          userIds: all.slice(from, from + MUTED_ASKED_MAX),
        });
        for (const userId of answer.userIds ?? []) muted.add(userId);
        for (const userId of answer.hiddenUserIds ?? []) hidden.add(userId);
      }
      held.set(conversationId, { muted, hidden });
    }
    return held;
  }

  async #send(pushes: readonly Push[]): Promise<void> {
    if (pushes.length === 0) return;
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
