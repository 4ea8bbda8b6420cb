/** Messages that are to be sent later: commands to their sender's own schedule, whose id follows from the person's. Pure. */
import type { Command } from '@clatter/contracts/messages';
import { scheduleIdOf } from '@clatter/runtime';
import type { Input, Send } from '@clatter/wire';
import { checkContent, invalid } from './contents.ts';

type Addressed = Input<Command> & { conversationId: string; commandId: string };

/** When a message is sent, as a client may ask for it; the log says whether that is in the future. Throws INVALID. */
export function checkSendAt(field: string, sendAtMs: number): number {
  if (!Number.isSafeInteger(sendAtMs) || sendAtMs <= 0) throw invalid(`${field}: want a time in ms, got ${sendAtMs}`);
  return sendAtMs;
}

/** A send that waits for its time. What it passes on would be read long before then, so it passes on nothing. Throws INVALID. */
export function scheduleOf(send: Send, { conversationId, commandId, retry }: Addressed, sendAtMs: number): Addressed {
  if (send.forward) throw invalid('send.sendAtMs: want a content of its own, not a message that is passed on');
  const { replyToSeq } = send;
  const content = checkContent('send.content', send.content);
  return {
    conversationId,
    commandId,
    retry,
    schedule: {
      add: {
        messageId: commandId,
        conversationId,
        content,
        replyToSeq,
        sendAtMs: checkSendAt('send.sendAtMs', sendAtMs),
      },
    },
  };
}

/** A command goes to its conversation; what is scheduled, to the schedule of its sender. */
export const addressedBy = <T extends Addressed>(command: T, senderId: string): T =>
  command.schedule ? { ...command, conversationId: scheduleIdOf(senderId) } : command;
