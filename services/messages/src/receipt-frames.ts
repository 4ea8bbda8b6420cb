/**
 * The frames of one conversation's receipts of a moment. A few go one by one. Where many members get a message at the same time, each of
 * them would be told of each other one, frame by frame: those go together, one frame for the conversation.
 */
import { type Receipt, ServerFrame } from '@clatter/wire';
import type { Addressed } from './delivery.ts';

/** More than so many are one frame. */
const ALONE_MAX = 4;

/** @param receipts of people who are members each, at most one of each */
export function receiptFrames(
  conversationId: string,
  receipts: readonly Receipt[],
  members: ReadonlySet<string>,
): Addressed[] {
  const userIds = [...members];
  if (receipts.length <= ALONE_MAX)
    return receipts.map((receipt) => ({ frame: ServerFrame.create({ receipt }), userIds }));
  const items = receipts.map((receipt) => ({ ...receipt, conversationId: '' }));
  return [{ frame: ServerFrame.create({ receipts: { conversationId, items } }), userIds }];
}

/** In a channel nobody follows each of its members: one's own devices alone do. */
export const ownReceiptFrames = (receipts: readonly Receipt[]): Addressed[] =>
  receipts.map((receipt) => ({ frame: ServerFrame.create({ receipt }), userIds: [receipt.userId] }));
