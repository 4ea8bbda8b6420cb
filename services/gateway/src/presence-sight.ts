/**
 * Who may see how people are: a fact of auth, asked for when somebody begins to watch, and again for those who watch when it changes. It is
 * settled here, at the edge, where the watchers are; presence itself answers what it is asked. What a person may not see looks like
 * somebody who was never there.
 */
import type { AccountRecord, PeopleService } from '@clatter/contracts/auth';
import { asClatterError, type Clock, type Logger } from '@clatter/runtime';

/** After a failure it is asked again so much later. */
const RETRY_MS = 2000;
/** So often a watcher's question is asked again at once. */
const ASKS_MAX = 3;
/** People whose watchers wait to be asked about; past it the oldest are told nothing new until they watch again. */
const PENDING_MAX = 10_000;

export interface SightParts {
  readonly people: () => Pick<PeopleService, 'getRelations'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who watches a person at this gateway, by user. */
  watchersOf(userId: string): readonly string[];
  /** What a viewer may see of a person from now on. */
  settle(viewerId: string, userId: string, sees: boolean): void;
}

export class PresenceSight {
  readonly #parts: SightParts;
  /** Person → viewers who are to be asked about; undefined: all who watch. */
  readonly #pending = new Map<string, Set<string> | undefined>();
  /** Counts what changed, of anybody. */
  #changes = 0;
  #running = false;
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  constructor(parts: SightParts) {
    this.#parts = parts;
  }

  /** Whom of these people the viewer sees; undefined where that is not known now: then it follows. */
  async seen(viewerId: string, userIds: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    try {
      // What changed while it was asked may be in the answer or not.
      for (let tries = 1; ; tries++) {
        const changes = this.#changes;
        const seen = await this.#ask(viewerId, userIds);
        if (changes === this.#changes || tries === ASKS_MAX) return seen;
      }
    } catch (error) {
      this.#parts.logger.debug({ err: error }, 'what a watcher may see is not known yet');
      for (const userId of userIds) this.#add(userId, viewerId);
      this.#later();
      return undefined;
    }
  }

  /** What people allow has changed. */
  onAccount({ userId, blockChanged, privacyChanged, contactChanged }: AccountRecord): void {
    if (!blockChanged && !privacyChanged && !contactChanged) return;
    this.#changes++;
    if (privacyChanged) this.#add(userId, undefined);
    if (contactChanged) this.#add(userId, contactChanged.contactId);
    if (blockChanged) {
      this.#add(userId, blockChanged.blockedId);
      this.#add(blockChanged.blockedId, userId);
    }
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
  }

  #add(userId: string, viewerId: string | undefined): void {
    if (this.#parts.watchersOf(userId).length === 0) return;
    const before = this.#pending.get(userId);
    if (viewerId === undefined) this.#pending.set(userId, undefined);
    else if (before || !this.#pending.has(userId)) this.#pending.set(userId, (before ?? new Set()).add(viewerId));
    if (this.#pending.size > PENDING_MAX) this.#pending.delete(this.#pending.keys().next().value as string);
  }

  /** One after the other: what changed meanwhile is asked again. */
  async #run(): Promise<void> {
    if (this.#running || this.#cancelRetry || this.#closed) return;
    this.#running = true;
    try {
      for (const [userId, viewers] of this.#pending) {
        this.#pending.delete(userId);
        const watchers = this.#parts.watchersOf(userId).filter((viewerId) => !viewers || viewers.has(viewerId));
        for (const [index, viewerId] of watchers.entries()) {
          try {
            const seen = await this.#ask(viewerId, [userId]);
            this.#parts.settle(viewerId, userId, seen.has(userId));
          } catch (error) {
            for (const rest of watchers.slice(index)) this.#add(userId, rest);
            throw error;
          }
        }
      }
    } catch (error) {
      if (asClatterError(error).code !== 'UNAVAILABLE')
        this.#parts.logger.warn({ err: error }, 'what watchers may see is asked again');
      this.#later();
    } finally {
      this.#running = false;
    }
  }

  #later(): void {
    if (this.#closed) return;
    this.#cancelRetry ??= this.#parts.clock.timer(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      void this.#run();
    });
  }

  async #ask(viewerId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const { relations = [] } = await this.#parts.people().getRelations({ viewerId, userIds });
    return new Set(relations.filter(({ seesPresence }) => seesPresence).map(({ userId }) => userId as string));
  }
}
