/**
 * Rows that are on disk and have no entry in the index yet, by conversation: they are read from here. Their seqs are above all that the
 * index has of the conversation.
 */
import type { LogRow, Rewrite } from '../ports.ts';

export interface RecentRow {
  readonly id: number;
  readonly conversationId: string;
  /** Of the conversation. */
  readonly number: number;
  row: LogRow;
}

/** What a row takes beside its event. */
const ROW_BYTES = 400;

export class RecentRows {
  readonly #byConversation = new Map<string, RecentRow[]>();
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Ascending by seq within a conversation. */
  add(recent: RecentRow): void {
    const rows = this.#byConversation.get(recent.conversationId);
    if (rows) rows.push(recent);
    else this.#byConversation.set(recent.conversationId, [recent]);
    this.#count++;
    this.#bytes += recent.row.event.length + ROW_BYTES;
  }

  find(conversationId: string, seq: number): RecentRow | undefined {
    const rows = this.#byConversation.get(conversationId);
    for (let i = (rows?.length ?? 0) - 1; i >= 0; i--) {
      const recent = rows?.[i] as RecentRow;
      if (recent.row.seq <= seq) return recent.row.seq === seq ? recent : undefined;
    }
    return undefined;
  }

  last(conversationId: string): LogRow | undefined {
    return this.#byConversation.get(conversationId)?.at(-1)?.row;
  }

  between(conversationId: string, fromSeq: number, toSeq: number): LogRow[] {
    const rows = this.#byConversation.get(conversationId) ?? [];
    return rows.filter(({ row }) => row.seq >= fromSeq && row.seq <= toSeq).map(({ row }) => row);
  }

  /** All of them, in the order of the index. */
  sorted(): RecentRow[] {
    return [...this.#byConversation.values()].sort((a, b) => (a[0]?.number ?? 0) - (b[0]?.number ?? 0)).flat();
  }

  /** The index has all of them. */
  clear(): void {
    this.#byConversation.clear();
    this.#count = 0;
    this.#bytes = 0;
  }
}

/** A row that is written again: the last writer wins, of what made the row and of its event. */
export function merged(before: LogRow, written: LogRow): LogRow {
  const made = written.position > before.position ? written : before;
  const { event, eventPosition } = written.eventPosition > before.eventPosition ? written : before;
  return { ...made, event, eventPosition };
}

export const rewrittenRow = (row: LogRow, { event, eventPosition }: Rewrite): LogRow =>
  eventPosition > row.eventPosition ? { ...row, event, eventPosition } : row;
