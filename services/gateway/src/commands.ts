/** From a client's frame to a command: every id, length and enum is checked here, so that what is in the log is well-formed. Pure. */
import type { Command } from '@clatter/contracts/messages';
import { type ClientFrame, type Forward, type Input } from '@clatter/wire';
import { checkContent, invalid, utf8Length } from './contents.ts';
import { checkId } from './ids.ts';
import { draftCommandOf, flagsCommandOf, ownCommand } from './own-commands.ts';
import { scheduleOf } from './schedules.ts';

const EMOJI_BYTES_MAX = 32;
const TITLE_MAX = 200;
const DESCRIPTION_MAX = 2000;

function checkSeq(field: string, seq: number): number {
  if (seq < 1) throw invalid(`${field}: want the seq of a message, got ${seq}`);
  return seq;
}

/** A title or description: no control characters but line breaks. Throws INVALID. */
export function checkLabel(
  field: string,
  text: string,
  max: number = field === 'description' ? DESCRIPTION_MAX : TITLE_MAX,
): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!text.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(text))
    throw invalid(`${field}: want text without control characters`);
  if ([...text].length > max) throw invalid(`${field}: want at most ${max} characters`);
  return text;
}

/** The address of a picture, or '' for none. Throws INVALID. */
export function checkPictureUrl(field: string, url: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (url !== '' && (!/^https?:\/\/[^\s\u0000-\u001f\u007f]{1,2000}$/.test(url) || !url.isWellFormed()))
    throw invalid(`${field}: want an http or https address, or nothing`);
  return url;
}

/** The message that a send asks to pass on; undefined where it says something of its own. Throws INVALID. */
export const forwardOf = ({ send }: ClientFrame): Forward | undefined =>
  send?.forward && {
    conversationId: checkId('send.forward.conversationId', send.forward.conversationId),
    seq: checkSeq('send.forward.seq', send.forward.seq),
  };

/** Whether a frame holds a command. */
export const isCommand = ({
  send,
  edit,
  delete: remove,
  react,
  pin,
  vote,
  closePoll,
  setFlags,
  setDraft,
}: ClientFrame): boolean =>
  (send ?? edit ?? remove ?? react ?? pin ?? vote ?? closePoll ?? setFlags ?? setDraft) !== undefined;

/** What a frame that holds a command asks for, without when. Throws INVALID. */
export function commandOf(
  frame: ClientFrame,
  senderId: string,
): Input<Command> & { conversationId: string; commandId: string; senderId: string } {
  const { send, edit, react, pin, vote, closePoll, delete: remove, setFlags, setDraft } = frame;
  if (send) {
    const { retry, knownSeq, replyToSeq, clientTimeMs, content, forward } = send;
    if (content && forward) throw invalid('send: want only one of content and forward');
    if (send.sendAtMs !== undefined) {
      const conversationId = checkId('send.conversationId', send.conversationId);
      const commandId = checkId('send.messageId', send.messageId);
      return { ...scheduleOf(send, { conversationId, commandId, retry }, send.sendAtMs), senderId };
    }
    return {
      conversationId: checkId('send.conversationId', send.conversationId),
      commandId: checkId('send.messageId', send.messageId),
      senderId,
      retry,
      knownSeq,
      // What is passed on is read before it goes to the log (forwards.ts).
      send: { content: forward ? undefined : checkContent('send.content', content), replyToSeq, clientTimeMs },
    };
  }
  if (edit)
    return {
      ...addressed('edit', edit, senderId),
      edit: { seq: checkSeq('edit.seq', edit.seq), content: checkContent('edit.content', edit.content) },
    };
  if (remove) {
    const seq = checkSeq('delete.seq', remove.seq);
    if (remove.forEveryone) return { ...addressed('delete', remove, senderId), delete: { seq } };
    const { about, to } = ownCommand('delete', remove, senderId);
    return { ...to, deleteForMe: { conversationId: about, seq } };
  }
  if (react) {
    const { emoji } = react;
    if (emoji === '' || utf8Length(emoji) > EMOJI_BYTES_MAX || emoji.includes('\0') || !emoji.isWellFormed())
      throw invalid(`react.emoji: want 1 to ${EMOJI_BYTES_MAX} bytes of UTF-8`);
    return {
      ...addressed('react', react, senderId),
      react: { seq: checkSeq('react.seq', react.seq), emoji, remove: react.remove },
    };
  }
  if (pin)
    return { ...addressed('pin', pin, senderId), pin: { seq: checkSeq('pin.seq', pin.seq), remove: pin.remove } };
  if (vote)
    return {
      ...addressed('vote', vote, senderId),
      vote: { seq: checkSeq('vote.seq', vote.seq), options: vote.options },
    };
  if (closePoll)
    return {
      ...addressed('closePoll', closePoll, senderId),
      closePoll: { seq: checkSeq('closePoll.seq', closePoll.seq) },
    };
  if (setFlags) return flagsCommandOf(setFlags, senderId);
  if (setDraft) return draftCommandOf(setDraft, senderId);
  throw new Error('the frame holds no command');
}

const addressed = (
  field: string,
  from: { conversationId: string; commandId: string; retry: boolean; knownSeq?: number | undefined },
  senderId: string,
) => ({
  conversationId: checkId(`${field}.conversationId`, from.conversationId),
  commandId: checkId(`${field}.commandId`, from.commandId),
  senderId,
  retry: from.retry,
  knownSeq: from.knownSeq,
});
