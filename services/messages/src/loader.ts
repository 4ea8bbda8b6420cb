/**
 * Loads a conversation for an owner: at a take-over, and when one that was cold is spoken to again. The order of the reads and what is
 * believed are rules 10 and 13 to 14 of the design; the exhaustive checker finds a lost or doubled message for each of them left out.
 */

import { type ConversationState, emptyConversation, type MemberState } from './conversation.ts';
import { decodeDetails } from './conversation-details.ts';
import { IdWindow, idHash, WINDOW_MS } from './id-window.ts';
import { readAllMembers } from './member-rows.ts';
import { fromRow, type OwnConversations } from './own-conversations.ts';
import type { LogRow, MessageStore } from './ports.ts';

/** A conversation as the store has it, which may be ahead of the record that asked for it. */
export interface Loaded {
  readonly state: ConversationState;
  /** Records up to this position are replays: their outcome stands in the store or was no event. */
  readonly replayUntil: number;
  /** The rows of replayed records, by position. */
  readonly rows: ReadonlyMap<number, LogRow>;
  /** Owner's clock when this owner last wrote the inbox rows of all members; 0 where it has not. */
  readonly inboxesStoredAtMs: number;
}

const FIRST_ROWS = 64;
/** Rows that are read for the sake of the window alone; past it ids are looked up. */
const WINDOW_ROWS_MAX = 4096;

/**
 * @param position of the record that the conversation is loaded for: the tail is read back beyond it
 * @param timestampMs log time of that record: the window is filled from WINDOW_MS before it
 */
export async function loadConversation(
  store: MessageStore,
  id: string,
  position: number,
  timestampMs: number,
  bucketSeqs: number,
): Promise<Loaded> {
  // Projections before the log (rule 13): what they hold beyond the log read is then impossible.
  const [row] = await store.readConversations([id]);
  const members = new Map<string, MemberState>();
  if (row?.kind !== 'channel')
    for (const { userId, leavingSeq: _, ...member } of await readAllMembers(store, id)) members.set(userId, member);
  const own: OwnConversations = new Map();
  if (row?.kind === 'user')
    for (const flags of await store.readOwnFlags(id)) own.set(flags.conversationId, fromRow(flags));
  const latest = await store.latestBucket(id);
  const tail = await readTail(store, id, latest, position, timestampMs - WINDOW_MS, bucketSeqs);
  const last = tail.at(-1);
  if (!last) return { state: emptyConversation(id), replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 };

  const oldest = tail[0] as LogRow;
  const complete = oldest.seq === 1;
  const window = new IdWindow(oldest.seq, complete ? 0 : oldest.sentAtMs + 1);
  for (const { seq, senderId, commandId, sentAtMs } of tail) window.add(idHash(senderId, commandId), seq, sentAtMs);
  const state: ConversationState = {
    ...emptyConversation(id),
    ...(row && {
      kind: row.kind,
      title: row.title,
      description: row.description,
      createdAtMs: row.createdAtMs,
      details: decodeDetails(row.details),
      bumpedAtMs: row.bumpedAtMs,
      rowMemberCount: row.memberCount,
      position: row.position,
    }),
    members,
    // Nobody has the list of a channel's members: its row has their number as of its own position.
    memberCount:
      row?.kind === 'channel'
        ? row.memberCount
        : [...members.values()].filter((member) => member.role !== 'none').length,
    mentionCount: [...members.values()].reduce((sum, { mentionSeqs }) => sum + mentionSeqs.length, 0),
    head: { seq: last.seq, messageNo: last.messageNo, position: last.position, sentAtMs: last.sentAtMs },
    window,
    own,
  };
  const rows = new Map(tail.filter((item) => item.position >= position).map((item) => [item.position, item]));
  return { state, replayUntil: last.position, rows, inboxesStoredAtMs: 0 };
}

/** The gapless tail, ascending: back beyond `position`, and beyond `fromMs` as far as WINDOW_ROWS_MAX rows reach. */
async function readTail(
  store: MessageStore,
  id: string,
  latest: number,
  position: number,
  fromMs: number,
  bucketSeqs: number,
): Promise<readonly LogRow[]> {
  let tail: LogRow[] = [];
  // The next bucket may have been written by an owner whose raise this read does not see; an empty one means the one before (rule 10).
  for (let bucket = latest + 1; bucket >= 0; bucket--) {
    for (let limit = FIRST_ROWS; ; limit *= 8) {
      // One unpaged query: a longer look at the same bucket replaces the shorter one, it is never added to it (rule 14).
      const rows = await store.readTail(id, bucket, Math.min(limit, bucketSeqs));
      const joined = [...rows].reverse().concat(tail);
      const oldest = joined[0];
      const enough =
        oldest !== undefined &&
        oldest.position < position &&
        (oldest.sentAtMs < fromMs || joined.length >= WINDOW_ROWS_MAX);
      if (enough || rows.length < Math.min(limit, bucketSeqs) || limit >= bucketSeqs) {
        tail = joined;
        if (enough) return gapless(tail);
        break;
      }
    }
  }
  return gapless(tail);
}

/** The rows up to the first gap: what lies beyond was never acknowledged, and comes again from the log. */
function gapless(rows: readonly LogRow[]): readonly LogRow[] {
  const end = rows.findIndex((row, index) => index > 0 && row.seq !== (rows[index - 1] as LogRow).seq + 1);
  return end < 0 ? rows : rows.slice(0, end);
}
