/** What a person scheduled, for that person alone. */
import { StoredEvent } from '@clatter/contracts/messages';
import { scheduleIdOf } from '@clatter/runtime';
import type { ScheduledMessage } from '@clatter/wire';
import { decodeDetails } from './conversation-details.ts';
import type { MessageStore } from './ports.ts';

/** By the time that it is sent; what failed is in its place too. At most SCHEDULED_MAX. */
export async function readScheduled(store: MessageStore, userId: string): Promise<ScheduledMessage[]> {
  const scheduleId = scheduleIdOf(userId);
  const [row] = await store.readConversations([scheduleId]);
  const entries = row ? decodeDetails(row.details).scheduled : [];
  const rows = await Promise.all(entries.map(({ seq }) => store.readRow(scheduleId, seq)));
  const found = rows.flatMap((each) => (each && StoredEvent.decode(each.event).event?.scheduled) ?? []);
  return found.filter(({ content }) => content !== undefined).sort((a, b) => a.sendAtMs - b.sendAtMs);
}
