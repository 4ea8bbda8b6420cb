/** Ids: UUIDs in lower case. Users, conversations and sessions are v7 and ours; a direct conversation's id follows from its members'. */
import { createHash } from 'node:crypto';
import { parse, stringify, v5, v7 } from 'uuid';

/** Makes ids; an argument wherever ids are made, so that a seed replays a run. */
export interface Ids {
  v7(): string;
}

export const randomIds: Ids = { v7: () => v7() };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Any UUID, in lower case. */
export const isUuid = (value: string): boolean => UUID.test(value);

/** The namespace of direct conversations' ids (RFC 9562 §5.5). It never changes: ids on disk and in clients follow from it. */
const DIRECT = 'b1d9cbb4-5f0f-4f5c-9a5e-3a5f6f0f9f51';

/** The id of the direct conversation of two people, or of one person with themselves; the same whoever begins. */
export const directConversationId = (a: string, b: string): string => v5([a, b].sort().join('|'), DIRECT);

/** The namespace of the ids of people's schedules, which hold what they are to send later. It never changes. */
const SCHEDULE = '0b0e7f6c-6d1c-4a39-9a77-3f0c7a1d52e4';

/** The id of a person's schedule. */
export const scheduleIdOf = (userId: string): string => v5(userId, SCHEDULE);

/** The id of a conversation that `creatorId` begins with `commandId`: a repeat of the command meets the same log. UUIDv7 in form; its time is the command id's. */
export function conversationIdOf(creatorId: string, commandId: string): string {
  const bytes = new Uint8Array(
    createHash('sha256').update(creatorId).update('|').update(commandId).digest().subarray(0, 16),
  );
  if (commandId[14] === '7') bytes.set(parse(commandId).subarray(0, 6));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return stringify(bytes);
}

/** The id of a block as a command: of the change with that number, whoever appends it. */
export const blockCommandId = (userId: string, blockedId: string, number: number): string =>
  v5(`block ${blockedId} ${number}`, userId);

/** The id of one more command that a request with `commandId` asks for: a repeat of the request repeats it. */
export const followingCommandId = (commandId: string, what: string): string => v5(what, commandId);

/**
 * The partition of a key that is a UUID: from its 16 bytes by us (FNV-1a, 32 bits), never by a client library's own hash, so that every
 * producer agrees for ever.
 */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = 0x811c9dc5;
  for (const byte of parse(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % partitions;
}
