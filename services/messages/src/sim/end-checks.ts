/** When all is at rest: what a person reads is what the log says. */

import type { MessagesService } from '@clatter/contracts/messages';
import { Content, type Event } from '@clatter/wire';
import { checkSecret } from './event-checks.ts';
import type { Invariants } from './invariants.ts';
import type { ReferenceConversation } from './reference.ts';
import { Life } from './scheduler.ts';
import type { World } from './world.ts';

/** A read may be under way for so long. */
const READ_MS = 60_000;

export async function checkReads(world: World): Promise<void> {
  const reader = new Life(world.scheduler, 'reader');
  const messages = world.remoteMessages(reader);
  for (const userId of world.userIds) {
    const conversations = [...world.checks.reference.conversations.values()];
    for (const conversation of conversations)
      if (isPresent(conversation, userId)) await checkHistory(messages, conversation, userId, world);
    await checkInbox(messages, conversations, userId, world.checks);
  }
}

const isPresent = (conversation: ReferenceConversation, userId: string): boolean =>
  (conversation.members.get(userId)?.role ?? 'none') !== 'none';

async function checkHistory(
  messages: MessagesService,
  conversation: ReferenceConversation,
  userId: string,
  world: World,
): Promise<void> {
  const { checks } = world;
  const { from, to } = conversation.visibleTo(userId) as { from: number; to: number };
  let next = from;
  for (let more = true; more; ) {
    const { page } = await messages.history({
      userId,
      history: { conversationId: conversation.id, afterSeq: next - 1, limit: 7 },
    });
    for (const event of page?.events ?? []) {
      if (event.seq !== next)
        return checks.fail(20, `the history of ${conversation.id} for ${userId} has ${event.seq} where ${next} is due`);
      checkNow(event as Event, conversation, userId, world);
      next++;
    }
    more = page?.hasMore ?? false;
  }
  if (next !== to + 1)
    checks.fail(20, `the history of ${conversation.id} for ${userId} ends at ${next - 1}, the log at ${to}`);
}

/** A message as it is now: its content, whether it was deleted, its reactions. */
function checkNow(event: Event, conversation: ReferenceConversation, userId: string, world: World): void {
  const { message } = event;
  checkSecret(event, conversation, userId, (text) => world.checks.fail(20, text));
  const stored = conversation.storedAt(event.seq)?.stored;
  if (!message || !stored?.event?.message) return;
  const { checks, scheduler, scenario } = world;
  // Whoever reads goes by a clock of their own.
  const overMs = scheduler.nowMs - (message.expiresAtMs ?? Number.POSITIVE_INFINITY);
  if (overMs > scenario.skewMsMax + READ_MS && message.content)
    checks.fail(6, `${userId} reads row ${event.seq} of ${conversation.id}, which disappeared ${overMs} ms ago`);
  if (overMs > -scenario.skewMsMax && message.deleted) return;
  const wanted = JSON.stringify([
    stored.event.message.deleted ? '' : Content.toJson(stored.event.message.content as Content),
    stored.event.message.deleted,
    stored.reactions.map(({ emoji, userIds }) => [emoji, userIds.length, userIds.includes(userId)]),
    stored.event.message.content?.poll?.options.map((_, option) => {
      const chose = stored.votes.filter(({ options }) => options.includes(option));
      return [chose.length, chose.some((vote) => vote.userId === userId), stored.pollClosed];
    }),
  ]);
  const got = JSON.stringify([
    message.content ? Content.toJson(message.content) : '',
    message.deleted,
    message.reactions.map(({ emoji, count, mine }) => [emoji, count, mine]),
    message.poll?.options.map(({ count, mine }) => [count, mine, message.poll?.closed]),
  ]);
  if (wanted !== got)
    checks.fail(6, `${userId} reads row ${event.seq} of ${conversation.id} as ${got}; the log says ${wanted}`);
}

async function checkInbox(
  messages: MessagesService,
  conversations: readonly ReferenceConversation[],
  userId: string,
  checks: Invariants,
): Promise<void> {
  const wanted = conversations
    .filter((conversation) => isPresent(conversation, userId))
    .map((conversation) => ({
      id: conversation.id,
      head: (conversation.last as { event: Event }).event,
      unread: unreadOf(conversation, userId),
    }))
    .sort((a, b) => b.head.sentAtMs - a.head.sentAtMs || (a.id < b.id ? 1 : -1))
    .map(({ id, head, unread }) => `${id} ${head.seq}/${head.messageNo}, ${unread} unread`);
  const { items = [] } = await messages.listConversations({ userId, limit: 100 });
  const got = items.map(
    ({ conversation, headSeq, messageNo, unread }) =>
      `${conversation?.conversationId} ${headSeq}/${messageNo}, ${unread} unread`,
  );
  if (wanted.join('; ') !== got.join('; '))
    checks.fail(9, `the inbox of ${userId} is [${got.join('; ')}]; the log says [${wanted.join('; ')}]`);
}

/** Messages after the newest of one's own, or after one joined; nobody sends receipts here. */
function unreadOf(conversation: ReferenceConversation, userId: string): number {
  let read = 0;
  for (const { event } of conversation.moments) {
    const joins = event.membersChanged?.added.some((member) => member.userId === userId) ?? false;
    if (joins || (event.message && event.senderId === userId)) read = event.messageNo;
  }
  return ((conversation.last as { event: Event }).event.messageNo ?? 0) - read;
}
