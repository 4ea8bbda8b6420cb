/** The pinned messages of a conversation, as one person may see them. */
import type { Pin } from '@clatter/wire';
import { decodeDetails } from './conversation-details.ts';
import type { LogRow, MessageStore } from './ports.ts';
import { readOwnMembership, sightOf, viewEvents, visiblePins } from './viewer.ts';

/** In the order in which they were pinned. Errors: NOT_FOUND, NOT_A_MEMBER. */
export async function readPins(
  store: MessageStore,
  userId: string,
  conversationId: string,
  nowMs: number,
): Promise<Pin[]> {
  const [row] = await store.readConversations([conversationId]);
  const pins = row ? decodeDetails(row.details).pins : [];
  const rows = new Map<number, LogRow | undefined>();
  await Promise.all(pins.map(async ({ seq }) => rows.set(seq, await store.readRow(conversationId, seq))));
  // Last, as of all that was read (viewer.ts).
  const own = await readOwnMembership(store, userId, conversationId);
  const shown = await Promise.all(
    visiblePins(pins, own).map(async (pin): Promise<Pin | undefined> => {
      const found = rows.get(pin.seq);
      const [event] = found ? await viewEvents(store, sightOf(userId, own, nowMs), [found]) : [];
      // Its deletion may have reached its row, and not the list yet.
      return event?.message && !event.message.deleted ? { ...pin, event } : undefined;
    }),
  );
  return shown.filter((pin) => pin !== undefined);
}
