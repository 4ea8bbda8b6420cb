/** What all requests about conversations have in common. */
import type { MessagesService } from '@clatter/contracts/messages';
import type { Ids } from '@clatter/runtime';
import { ClatterError, Conversation } from '@clatter/wire';
import { z } from 'zod';
import { checkId } from '../ids.ts';
import * as answers from './answers.ts';

export const MESSAGES = Symbol('MessagesService');
export const COMMANDS = Symbol('HttpCommands');
export const IDS = Symbol('Ids');

export const oneConversation = z.object({ conversation: answers.conversation });

export async function readConversation(
  messages: MessagesService,
  userId: string,
  conversationId: string,
): Promise<unknown> {
  const { conversation } = await messages.getConversation({ userId, conversationId });
  return JSON.parse(Conversation.toJson(conversation ?? {}));
}

/** A request with an id may be a repeat of one whose answer was lost, so its id is looked up; one that is made here is new. */
export const commandIdentity = (ids: Ids, id: string | undefined): { commandId: string; retry: boolean } => ({
  commandId: (id ?? ids.v7()).toLowerCase(),
  retry: id !== undefined,
});

/** An id of the path: what is none is not there. */
export function pathId(id: string): string {
  try {
    return checkId('id', id);
  } catch {
    throw new ClatterError('NOT_FOUND', 'there is no such conversation');
  }
}

/** Channels that one person is a member of: they are asked for, and their heads read, at each connect and sync. */
const CHANNELS_MAX = 200;

/** The first of these people who is in as many channels as may be. */
export async function firstFull(messages: MessagesService, userIds: readonly string[]): Promise<string | undefined> {
  const { people = [] } = await messages.channelsOf({ userIds, countOnly: true });
  const index = people.findIndex(({ count = 0 }) => count >= CHANNELS_MAX);
  return index < 0 ? undefined : userIds[index];
}

/**
 * Refuses where one of these people is in too many channels already. Channels do not know of each other, so that of requests at the same time
 * each may find room: the number may end a few above.
 */
export async function checkChannels(
  messages: MessagesService,
  field: string,
  userIds: readonly string[],
): Promise<void> {
  const full = await firstFull(messages, userIds);
  if (full !== undefined)
    throw new ClatterError('TOO_LARGE', `${field}: ${full} is in ${CHANNELS_MAX} channels, which is the most`);
}

/** A seq of the path: what is none is not there. */
export function pathSeq(text: string): number {
  const seq = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw new ClatterError('NOT_FOUND', 'seq: there is no such message');
  return seq;
}
