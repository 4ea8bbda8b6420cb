/** Commands to a person's own log: what they make of a conversation for themselves. Everything is checked here, as in commands.ts. Pure. */
import type { Command } from '@clatter/contracts/messages';
import { type Input, type SetDraft, SetFlags } from '@clatter/wire';
import { checkBody, invalid } from './contents.ts';
import { checkId } from './ids.ts';

type OwnCommand = Input<Command> & { conversationId: string; commandId: string; senderId: string };

/** The last moment that a Date can be of. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** A command to the sender's own log, and the conversation that it speaks of. What is known of the conversation's log bounds no look-up here. */
export const ownCommand = (
  field: string,
  from: { conversationId: string; commandId: string; retry: boolean },
  senderId: string,
) => ({
  about: checkId(`${field}.conversationId`, from.conversationId),
  to: {
    conversationId: senderId,
    commandId: checkId(`${field}.commandId`, from.commandId),
    senderId,
    retry: from.retry,
  },
});

/** Throws INVALID. */
export function flagsCommandOf(frame: SetFlags, senderId: string): OwnCommand {
  const { about, to } = ownCommand('setFlags', frame, senderId);
  const { pinned, pinPlace = 0, muted, mutedUntilMs = 0, archived, hidden, markedUnread, messageNo } = frame;
  if ([pinned, muted, archived, hidden, markedUnread].every((flag) => flag === undefined))
    throw invalid('setFlags: want pinned, muted, archived, hidden or markedUnread');
  if (pinned && (archived || hidden)) throw invalid('setFlags.pinned: want it without archived and hidden');
  if (mutedUntilMs < 0 || mutedUntilMs > TIME_MS_MAX)
    throw invalid(`setFlags.mutedUntilMs: want 0 to ${TIME_MS_MAX}, got ${mutedUntilMs}`);
  if ((archived || hidden) && messageNo === undefined)
    throw invalid('setFlags.messageNo: want the count of messages that is known, to come back with the next one');
  if (messageNo !== undefined && messageNo < 0) throw invalid(`setFlags.messageNo: want 0 or more, got ${messageNo}`);
  const flags = { pinned, pinPlace, muted, mutedUntilMs, archived, hidden, markedUnread, messageNo };
  return { ...to, setFlags: { ...flags, conversationId: about } };
}

/** Throws INVALID. */
export function draftCommandOf(frame: SetDraft, senderId: string): OwnCommand {
  const { about, to } = ownCommand('setDraft', frame, senderId);
  const { text, replyToSeq } = frame;
  if (text !== '') checkBody('setDraft.text', text);
  if (replyToSeq !== undefined && replyToSeq < 0) throw invalid(`setDraft.replyToSeq: want a seq, got ${replyToSeq}`);
  return { ...to, setDraft: { conversationId: about, text, replyToSeq: replyToSeq || undefined } };
}
