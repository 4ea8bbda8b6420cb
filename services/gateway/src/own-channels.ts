/** Which channels people are members of, as messages knows it. What is asked while calls are under way goes in the next. */
import type { MessagesService, OwnChannel } from '@clatter/contracts/messages';
import { ClatterError, type Input } from '@clatter/wire';

/** People in one call: with 200 channels each some 4 MiB. */
const CALL_MAX = 250;
/** Calls under way; what comes meanwhile waits. */
const CALLS_MAX = 4;

type Own = readonly Input<OwnChannel>[];

interface Asked {
  readonly userId: string;
  readonly resolve: (own: Own) => void;
  readonly reject: (error: unknown) => void;
}

export class OwnChannels {
  readonly #messages: Pick<MessagesService, 'channelsOf'>;
  #waiting: Asked[] = [];
  #calls = 0;
  #gathering = false;

  constructor(messages: Pick<MessagesService, 'channelsOf'>) {
    this.#messages = messages;
  }

  /** Rejects where messages cannot be asked. */
  of(userId: string): Promise<Own> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ userId, resolve, reject });
      if (this.#gathering) return;
      this.#gathering = true;
      // What the rest of this turn brings goes along.
      queueMicrotask(() => {
        this.#gathering = false;
        this.#next();
      });
    });
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#calls < CALLS_MAX) {
      this.#calls++;
      void this.#call(this.#waiting.splice(0, CALL_MAX)).then(() => {
        this.#calls--;
        if (!this.#gathering) this.#next();
      });
    }
  }

  async #call(asked: readonly Asked[]): Promise<void> {
    const userIds = [...new Set(asked.map(({ userId }) => userId))];
    try {
      const { people = [] } = await this.#messages.channelsOf({ userIds });
      if (people.length !== userIds.length)
        throw new ClatterError('INTERNAL', `channelsOf: want ${userIds.length} answers, got ${people.length}`);
      const byUser = new Map(userIds.map((id, index) => [id, people[index]?.channels ?? []]));
      for (const { userId, resolve } of asked) resolve(byUser.get(userId) ?? []);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
