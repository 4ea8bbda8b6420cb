/**
 * What a person's own log (kind `user`) made of each conversation: the part of the state that `decide` needs of it, and what of it lies
 * beside the inbox rows. A draft's text is in neither: nothing is decided by it, so it goes from its event to the store.
 */
import { StoredFlags } from '@clatter/contracts/messages';
import { ConversationFlags, type Event } from '@clatter/wire';
import { decodeRuns, NO_RUNS, type Runs, withSeq } from './deleted-runs.ts';
import type { Head, OwnFlagsRow } from './ports.ts';

export interface OwnConversation {
  readonly flags: ConversationFlags;
  readonly hasDraft: boolean;
  /** Of the command that last wrote the two above; an older event changes nothing (rule 15). */
  readonly position: number;
  readonly deleted: Runs;
  /** Of the command that last wrote `deleted`. */
  readonly deletedPosition: number;
}

export type OwnConversations = Map<string, OwnConversation>;

export const NO_FLAGS: ConversationFlags = ConversationFlags.create();
const NOTHING: OwnConversation = {
  flags: NO_FLAGS,
  hasDraft: false,
  position: -1,
  deleted: NO_RUNS,
  deletedPosition: -1,
};

export const ownOf = (own: OwnConversations, conversationId: string): OwnConversation =>
  own.get(conversationId) ?? NOTHING;

/** The pinned ones, first is first. */
export function pinnedIn(own: OwnConversations): string[] {
  const pinned = [...own].filter(([, { flags }]) => flags.pinned);
  return pinned.sort(([, a], [, b]) => a.flags.pinPlace - b.flags.pinPlace).map(([id]) => id);
}

/** What an event of a person's own log changed; their rows follow from it. */
export interface OwnChange {
  readonly flags: readonly string[];
  readonly draft?: string;
  readonly deleted?: string;
}

/** Moves what a person made of their conversations past an event of their own log; undefined for another kind of event. */
export function applyOwn(own: OwnConversations, event: Event, position: number): OwnChange | undefined {
  const setFlags = (id: string, flags: Partial<ConversationFlags>, hasDraft?: boolean): void => {
    const before = ownOf(own, id);
    if (before.position > position) return;
    own.set(id, {
      ...before,
      flags: { ...before.flags, ...flags, ownSeq: event.seq },
      hasDraft: hasDraft ?? before.hasDraft,
      position,
    });
  };
  if (event.flagsChanged) {
    const { conversationId, flags, pinOrder } = event.flagsChanged;
    const touched = new Set([conversationId]);
    setFlags(conversationId, flags ?? {});
    pinOrder?.conversationIds.forEach((id, index) => {
      touched.add(id);
      setFlags(id, { pinned: true, pinPlace: index + 1 });
    });
    return { flags: [...touched] };
  }
  if (event.draftChanged) {
    const { conversationId, hasDraft } = event.draftChanged;
    setFlags(conversationId, {}, hasDraft);
    return { flags: [conversationId], draft: conversationId };
  }
  if (event.deletedForMe) {
    const { conversationId, seq } = event.deletedForMe;
    setFlags(conversationId, {});
    const before = ownOf(own, conversationId);
    if (before.deletedPosition <= position)
      own.set(conversationId, { ...before, deleted: withSeq(before.deleted, seq), deletedPosition: position });
    return { flags: [conversationId], deleted: conversationId };
  }
  return undefined;
}

export const encodeFlags = ({ flags, hasDraft, deleted }: OwnConversation): Uint8Array =>
  StoredFlags.encode({ flags, hasDraft, hasDeleted: deleted.length > 0 });

/** Rows that the person's own log never wrote have none. */
export function decodeFlags(bytes: Uint8Array | undefined): StoredFlags & { flags: ConversationFlags } {
  const stored = StoredFlags.decode(bytes ?? new Uint8Array(0));
  return { ...stored, flags: ConversationFlags.create(stored.flags) };
}

export function fromRow({ flags: bytes, position, deleted, deletedPosition }: OwnFlagsRow): OwnConversation {
  const { flags, hasDraft } = decodeFlags(bytes);
  return { flags, hasDraft, position, deleted: decodeRuns(deleted), deletedPosition };
}

/** Until when pushes are held back: 0 where it is not muted. */
export const mutedUntil = ({ muted, mutedUntilMs }: ConversationFlags): number =>
  muted ? mutedUntilMs || Number.POSITIVE_INFINITY : 0;

/** Until a message comes that the person did not know of when they hid it. */
export const isHidden = (flags: ConversationFlags, head: Pick<Head, 'messageNo'>): boolean =>
  flags.hidden && head.messageNo <= flags.hiddenMessageNo;

/** Until such a message comes; while it is muted, and as long as nothing happened since, it stays. By the log's time alone: a place in a list does not move by itself. */
export const isArchived = (flags: ConversationFlags, head: Pick<Head, 'messageNo' | 'sentAtMs'>): boolean =>
  flags.archived && (head.messageNo <= flags.archivedMessageNo || head.sentAtMs <= mutedUntil(flags));
