/**
 * The rules of blocks in a direct conversation. Whom a person blocks auth knows; what it means here the log decides, by the events that say
 * so. Such an event has a place and nothing else: no body, nobody's name, the time of the event before it. So whoever is blocked reads nothing of
 * it, and their refusal is that of anybody who is kept out. Pure.
 */
import { type Command, StoredEvent } from '@clatter/contracts/messages';
import type { ConversationState } from './conversation.ts';
import type { StoredBlock } from './conversation-details.ts';
import { type Decision, NOBODY_ID, next, reject, type Submitted } from './decision.ts';

/** @param submitted of a member */
export function block(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const { blocked, number } = command.block as NonNullable<Command['block']>;
  if (state.kind !== 'direct') return reject('NOT_FOUND', 'conversationId: want a direct conversation');
  const before = state.details.blocks.find(({ userId }) => userId === command.senderId);
  if (before && before.number >= number)
    return reject('CONFLICT', `number: want more than ${before.number}, got ${number}`);
  const event = { ...next(state, submitted, {}), senderId: NOBODY_ID, sentAtMs: state.head.sentAtMs };
  const said: StoredBlock = { userId: command.senderId, blocked, number };
  return { kind: 'append', event, stored: StoredEvent.create({ event, block: said }) };
}

/** After one more word; a later one that is known already stays. */
export function blocksAfter(blocks: readonly StoredBlock[], said: StoredBlock): readonly StoredBlock[] {
  const before = blocks.find(({ userId }) => userId === said.userId);
  if (before && before.number >= said.number) return blocks;
  return [...blocks.filter((item) => item !== before), said];
}

/** Why somebody says nothing here to the other, who is the one to decide it or not. */
export function blockRefusal(blocks: readonly StoredBlock[], userId: string): string | undefined {
  const standing = blocks.filter(({ blocked }) => blocked);
  if (standing.some((item) => item.userId === userId)) return 'conversationId: you block this person';
  return standing.length > 0 ? 'conversationId: this person takes no messages from you' : undefined;
}
