/** What was published on clatter.events: each event as the log says, with those who were members then; as often as it may be. */
import { FeedRecord } from '@clatter/contracts/messages';
import type { LogRecord } from '@clatter/log';
import { checkEvent, checkSecret } from './event-checks.ts';
import type { Reference } from './reference.ts';

export class Feed {
  readonly #published = new Set<string>();

  take(record: LogRecord, reference: Reference, fail: (text: string) => void): void {
    const { event, memberIds } = FeedRecord.decode(record.value);
    if (!event) return fail('a feed record without an event');
    const conversation = reference.conversation(event.conversationId);
    checkEvent(event, conversation, (text) => fail(`the feed has ${text}`));
    checkSecret(event, conversation, '', fail);
    const strangers = memberIds.filter((userId) => !conversation.wasMember(userId, event.seq));
    if (strangers.length > 0)
      fail(`the feed has seq ${event.seq} of ${event.conversationId} for ${strangers}, who were no members then`);
    this.#published.add(`${event.conversationId}/${event.seq}`);
  }

  has(conversationId: string, seq: number): boolean {
    return this.#published.has(`${conversationId}/${seq}`);
  }
}
