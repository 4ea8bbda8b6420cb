/**
 * The rules of polls. The votes lie in the row of their poll, so a deletion takes them along and a page shows how it stands. Whose vote it is
 * in an anonymous poll is in no event: the row of the vote keeps it, for themselves. Pure.
 */
import { type Command, StoredEvent } from '@clatter/contracts/messages';
import type { Event, Poll, PollState } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, NOBODY_ID, next, reject, type Submitted } from './decision.ts';
import { refusalOf } from './permissions.ts';

/** People whose votes one poll takes. */
export const VOTERS_MAX = 500;

const pollOf = (target: StoredEvent): Poll | undefined => target.event?.message?.content?.poll;

/** Why a poll takes no votes any more; undefined while it does. */
function over(poll: Poll, target: StoredEvent, atMs: number): Decision | undefined {
  if (target.pollClosed) return reject('CONFLICT', 'seq: the poll is closed');
  if (poll.closesAtMs > 0 && atMs >= poll.closesAtMs) return reject('CONFLICT', 'seq: the time of the poll is over');
  return undefined;
}

/** @param target the message that the command speaks of, which is there */
export function vote(state: ConversationState, submitted: Submitted, target: StoredEvent): Decision {
  const { command } = submitted;
  const { senderId } = command;
  const { seq, options } = command.vote as NonNullable<Command['vote']>;
  const poll = pollOf(target);
  if (!poll) return reject('INVALID', `seq: want a poll, and message ${seq} is none`);
  const refusal = refusalOf(state, senderId, 'vote');
  if (refusal) return reject('FORBIDDEN', refusal);
  const closed = over(poll, target, Math.max(submitted.timestampMs, state.head.sentAtMs));
  if (closed) return closed;
  const wrong = options.find((option, index) => option >= poll.options.length || options.indexOf(option) !== index);
  if (wrong !== undefined)
    return reject('INVALID', `options: want each once, from 0 to ${poll.options.length - 1}, got ${wrong}`);
  if (options.length > 1 && !poll.multiple) return reject('INVALID', `options: want one, got ${options.length}`);
  const before = target.votes.find(({ userId }) => userId === senderId);
  if (sameOptions(before?.options ?? [], options))
    return reject('CONFLICT', options.length > 0 ? 'options: you chose these already' : 'options: you did not vote');
  if (!before && target.votes.length >= VOTERS_MAX) return reject('TOO_LARGE', `seq: ${VOTERS_MAX} people voted`);
  const stored = withVote(target, senderId, options);
  const { options: tallies = [], voters = 0 } = pollState(stored) ?? {};
  const counts = tallies.map(({ count }) => count);
  const event = next(state, submitted, {
    voted: { seq, options: poll.anonymous ? [] : [...options], counts, voters },
  });
  if (!poll.anonymous) return append(event, { seq, stored });
  const masked = { ...event, senderId: NOBODY_ID };
  const own = { userId: senderId, options: [...options] };
  return { ...append(masked, { seq, stored }), stored: StoredEvent.create({ event: masked, vote: own }) };
}

/** @param target the message that the command speaks of, which is there */
export function closePoll(state: ConversationState, submitted: Submitted, target: StoredEvent): Decision {
  const { command } = submitted;
  const { seq } = command.closePoll as NonNullable<Command['closePoll']>;
  const poll = pollOf(target);
  if (!poll) return reject('INVALID', `seq: want a poll, and message ${seq} is none`);
  if (target.event?.senderId !== command.senderId) return reject('FORBIDDEN', 'seq: only its author closes a poll');
  const closed = over(poll, target, Math.max(submitted.timestampMs, state.head.sentAtMs));
  if (closed) return closed;
  return append(next(state, submitted, { pollClosed: { seq } }), { seq, stored: { ...target, pollClosed: true } });
}

const sameOptions = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((option) => b.includes(option));

/** A poll after somebody's vote. */
export function withVote(target: StoredEvent, userId: string, options: readonly number[]): StoredEvent {
  const sorted = [...options].sort((a, b) => a - b);
  const known = target.votes.some((vote) => vote.userId === userId);
  const votes = known
    ? target.votes.map((vote) => (vote.userId === userId ? { userId, options: sorted } : vote))
    : [...target.votes, { userId, options: sorted }];
  return { ...target, votes: votes.filter((vote) => vote.options.length > 0) };
}

/** How a poll stands, for a viewer; undefined for what is none. */
export function pollState({ event, votes, pollClosed }: StoredEvent, viewerId = ''): PollState | undefined {
  const poll = event?.message?.content?.poll;
  if (!poll) return undefined;
  const options = poll.options.map((_, option) => {
    const chose = votes.filter((vote) => vote.options.includes(option));
    return { count: chose.length, mine: chose.some(({ userId }) => userId === viewerId) };
  });
  return { options, voters: votes.length, closed: pollClosed };
}

/** A vote as it is told to whose it is. */
export function ownVote(event: Event, vote: StoredEvent['vote']): Event {
  return event.voted && vote
    ? { ...event, senderId: vote.userId, voted: { ...event.voted, options: vote.options } }
    : event;
}
