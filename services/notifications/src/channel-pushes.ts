/**
 * Pushes for channels, whose records name no members: these are asked for page by page, so that however many they are only one page is in memory.
 * Of one batch only the newest message of a channel is pushed: it would replace the others on the lock screen at once. Whom a message mentions
 * by name has a push of it in any case: the record names them.
 *
 * A failure goes on with the page that failed; a process that ends begins anew, and what was pushed is known by its id.
 */
import type { MessagesService } from '@clatter/contracts/messages';
import type { Fed } from './pushes.ts';

/** Members of one page. */
const PAGE = 1000;

export interface ChannelPushesParts {
  readonly messages: Pick<MessagesService, 'pageMembers'>;
  /** Pushes a record of the feed to those of these people who are away. */
  readonly push: (fed: Fed, userIds: readonly string[]) => Promise<void>;
  readonly givenUp: AbortSignal;
}

export class ChannelPushes {
  readonly #parts: ChannelPushesParts;
  /** Those still to be pushed, and from which page on. */
  readonly #left = new Map<string, { readonly fed: Fed; cursor: string | undefined }>();

  constructor(feed: readonly Fed[], parts: ChannelPushesParts) {
    this.#parts = parts;
    for (const fed of feed) {
      const { kind, event } = fed.record;
      if (kind === 'channel' && event?.message && !event.message.deleted)
        this.#left.set(event.conversationId, { fed, cursor: undefined });
    }
  }

  /** False where it was given up. Rejects where somebody does not answer; called again, it goes on from there. */
  async pushAll(): Promise<boolean> {
    const { messages, push, givenUp } = this.#parts;
    for (const [conversationId, left] of this.#left) {
      do {
        if (givenUp.aborted) return false;
        const { cursor } = left;
        const page = await messages.pageMembers({
          conversationId,
          limit: PAGE,
          ...(cursor !== undefined && { cursor }),
        });
        await push(left.fed, page.userIds ?? []);
        left.cursor = page.nextCursor;
      } while (left.cursor !== undefined);
      this.#left.delete(conversationId);
    }
    return true;
  }
}
