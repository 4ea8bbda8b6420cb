/**
 * Who is called by a message, and how many calls somebody has not read. Each member's row keeps the seqs of the last messages that mention
 * them, the conversation's row those of the last that mention all: so a mention writes one row, whatever the size of the conversation, and
 * counting reads nothing that a list does not read anyway. Pure.
 *
 * A call is settled when the message is sent, by who is a member then, and is kept in the row of the message. An edit calls nobody. A
 * deletion takes the calls back.
 */
import { type CallToAll, type StoredBlock, StoredMember } from '@clatter/contracts/messages';
import type { Content } from '@clatter/wire';

/** Calls that are remembered, of each member and of all. */
export const CALLS_MAX = 100;

/** Whom a message calls. */
export interface Calls {
  readonly mentionedIds: readonly string[];
  readonly mentionsAll: boolean;
  /** What an event that says nothing stands for. */
  readonly block?: StoredBlock | undefined;
}

export const NO_CALLS: Calls = { mentionedIds: [], mentionsAll: false };

/** Whom a text speaks of, of those who count: members, but not who says it. */
export function callsOf(content: Content | undefined, senderId: string, isMember: (userId: string) => boolean): Calls {
  const mentions = content?.text?.mentions ?? [];
  if (mentions.length === 0) return NO_CALLS;
  const ids = new Set(mentions.flatMap(({ userId }) => userId ?? []));
  return {
    mentionedIds: [...ids].filter((id) => id !== senderId && isMember(id)),
    mentionsAll: callsAll(content),
  };
}

export const callsAll = (content: Content | undefined): boolean =>
  content?.text?.mentions.some(({ all }) => all) ?? false;

/** The seqs after one more; once, ascending, the last CALLS_MAX. */
export const withSeq = (seqs: readonly number[], seq: number): readonly number[] =>
  seqs.includes(seq) ? seqs : [...seqs, seq].sort((a, b) => a - b).slice(-CALLS_MAX);

export const without = (seqs: readonly number[], gone: readonly number[]): readonly number[] =>
  seqs.filter((seq) => !gone.includes(seq));

/** The calls to all after one more. */
export const withCall = (calls: readonly CallToAll[], call: CallToAll): readonly CallToAll[] =>
  [...calls.filter(({ seq }) => seq !== call.seq), call].slice(-CALLS_MAX);

/** Messages in (readSeq, headSeq] that call somebody; CALLS_MAX: so many or more. */
export function unreadMentions(
  userId: string,
  mentionSeqs: readonly number[],
  callsToAll: readonly CallToAll[],
  readSeq: number,
  headSeq: number,
): number {
  const seqs = new Set(mentionSeqs);
  for (const { seq, senderId } of callsToAll) if (senderId !== userId) seqs.add(seq);
  return Math.min(CALLS_MAX, [...seqs].filter((seq) => seq > readSeq && seq <= headSeq).length);
}

export const encodeMentions = (mentionSeqs: readonly number[]): Uint8Array => StoredMember.encode({ mentionSeqs });

/** One for all, of whom there are many. */
export const NO_SEQS: readonly number[] = [];

/** Rows from before there were mentions have none. */
export const decodeMentions = (bytes: Uint8Array | undefined): readonly number[] =>
  bytes === undefined || bytes.length === 0 ? NO_SEQS : StoredMember.decode(bytes).mentionSeqs;
