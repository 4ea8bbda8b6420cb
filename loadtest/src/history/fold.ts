/** Folds a log: how each message stands in the end, and who may see what. */
import type { Seen } from './entry.ts';
import type { Places } from './places.ts';
import { Ranges } from './ranges.ts';

/** What the edits, deletions and reactions of a log made of one message. */
interface Standing {
  /** Of the last edit; undefined where there is none. */
  edit?: string | undefined;
  edited: boolean;
  deleted: boolean;
  readonly reactions: Map<string, Set<string>>;
}

export interface Folded {
  readonly standings: ReadonlyMap<number, Standing>;
  /** By person: the seqs that they may see. */
  readonly sight: ReadonlyMap<string, Ranges>;
  /** Who are members in the end, and from which seq on they see the log. */
  readonly members: ReadonlyMap<string, number>;
}

export function foldLog(places: Places): Folded {
  const standings = new Map<number, Standing>();
  const sight = new Map<string, Ranges>();
  const since = new Map<string, number>();
  const end = (userId: string, seq: number): void => {
    const fromSeq = since.get(userId);
    if (fromSeq === undefined) return;
    since.delete(userId);
    const ranges = sight.get(userId) ?? new Ranges();
    sight.set(userId, ranges);
    ranges.add(fromSeq, seq);
  };
  for (let seq = 1; seq <= places.head; seq++) {
    const change = places.at(seq)?.change;
    if (!change) continue;
    for (const { userId, fromSeq } of change.joined ?? []) since.set(userId, fromSeq);
    for (const userId of change.left ?? []) end(userId, seq);
    if (change.target !== undefined) applyChange(standings, change, change.target);
  }
  const members = new Map(since);
  for (const userId of members.keys()) end(userId, Number.MAX_SAFE_INTEGER);
  return { standings, sight, members };
}

function applyChange(standings: Map<number, Standing>, change: Seen, target: number): void {
  const standing = standings.get(target) ?? { edited: false, deleted: false, reactions: new Map() };
  standings.set(target, standing);
  const { reaction, senderId, what } = change;
  if (reaction) {
    const given = standing.reactions.get(reaction.emoji) ?? new Set();
    standing.reactions.set(reaction.emoji, given);
    if (reaction.removed) given.delete(senderId);
    else given.add(senderId);
  } else if (what.startsWith('a deletion ')) {
    standing.deleted = true;
    standing.reactions.clear();
  } else standing.edited = true;
}

/** A message's standing in one line, to be compared with how it is shown. */
export function describeStanding(standing: Standing | undefined): string {
  if (standing?.deleted) return 'deleted, blank';
  const reactions = Object.fromEntries(
    [...(standing?.reactions ?? [])].filter(([, { size }]) => size > 0).map(([emoji, { size }]) => [emoji, size]),
  );
  return `${standing?.edited ? 'edited' : 'as sent'}${listReactions(reactions)}`;
}

export function describeShown({ edited, deleted, digest, reactions = {} }: Seen): string {
  if (deleted) return `deleted, ${digest === undefined ? 'blank' : 'with a content'}${listReactions(reactions)}`;
  return `${edited ? 'edited' : 'as sent'}${digest === undefined ? ', blank' : ''}${listReactions(reactions)}`;
}

const listReactions = (reactions: Readonly<Record<string, number>>): string =>
  Object.entries(reactions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([emoji, count]) => `, ${emoji} ${count}`)
    .join('');
