/** From a client's frame to a command: every id, length and enum is checked here, so that what is in the log is well-formed. Pure. */
import type { Command } from '@clatter/contracts/messages';
import { isUuid } from '@clatter/runtime';
import { ClatterError, type ClientFrame, type Content, type Input } from '@clatter/wire';

export const TEXT_BYTES_MAX = 16_384;
const OPAQUE_BYTES_MAX = 65_536;
const EMOJI_BYTES_MAX = 32;
const TITLE_MAX = 200;
const DESCRIPTION_MAX = 2000;

const invalid = (message: string): ClatterError => new ClatterError('INVALID', message);

/** An id in lower case. Throws INVALID. */
export function checkId(field: string, value: string | undefined): string {
  const id = (value ?? '').toLowerCase();
  if (!isUuid(id)) throw invalid(`${field}: want a UUID, got ${value ? JSON.stringify(value.slice(0, 40)) : 'none'}`);
  return id;
}

const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Text is kept exactly as it came; only what no text is, is refused. Throws INVALID, TOO_LARGE. */
export function checkContent(field: string, content: Input<Content> | undefined): Content {
  if (!content) throw invalid(`${field}: want a content`);
  if (content.text && content.opaque) throw invalid(`${field}: want only one of text and opaque`);
  if (content.text) {
    const body = content.text.body ?? '';
    if (body === '') throw invalid(`${field}.text.body: want at least one character`);
    if (body.includes('\0')) throw invalid(`${field}.text.body: want text without U+0000`);
    if (!body.isWellFormed()) throw invalid(`${field}.text.body: want text without unpaired surrogates`);
    const bytes = body.length * 3 > TEXT_BYTES_MAX ? utf8Length(body) : 0;
    if (bytes > TEXT_BYTES_MAX)
      throw invalid(`${field}.text.body: want at most ${TEXT_BYTES_MAX} bytes of UTF-8, got ${bytes}`);
    return content as Content;
  }
  if (content.opaque) {
    const { type = '', data } = content.opaque;
    if (type === '' || type.length > 100 || !type.isWellFormed() || type.includes('\0'))
      throw invalid(`${field}.opaque.type: want 1 to 100 characters`);
    if ((data?.length ?? 0) > OPAQUE_BYTES_MAX)
      throw invalid(`${field}.opaque.data: want at most ${OPAQUE_BYTES_MAX} bytes`);
    return content as Content;
  }
  throw invalid(`${field}: want text or opaque`);
}

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

/** What a frame with a send, edit, delete or react asks for, without who asks and when. Throws INVALID. */
export function commandOf(frame: ClientFrame): Input<Command> & { conversationId: string; commandId: string } {
  const { send, edit, react, delete: remove } = frame;
  if (send) {
    const { retry, knownSeq, replyToSeq, clientTimeMs } = send;
    return {
      conversationId: checkId('send.conversationId', send.conversationId),
      commandId: checkId('send.messageId', send.messageId),
      retry,
      knownSeq,
      send: { content: checkContent('send.content', send.content), replyToSeq, clientTimeMs },
    };
  }
  if (edit)
    return {
      ...addressed('edit', edit),
      edit: { seq: checkSeq('edit.seq', edit.seq), content: checkContent('edit.content', edit.content) },
    };
  if (remove) {
    if (!remove.forEveryone) throw invalid('delete.forEveryone: want true');
    return { ...addressed('delete', remove), delete: { seq: checkSeq('delete.seq', remove.seq) } };
  }
  if (react) {
    const { emoji } = react;
    if (emoji === '' || utf8Length(emoji) > EMOJI_BYTES_MAX || emoji.includes('\0') || !emoji.isWellFormed())
      throw invalid(`react.emoji: want 1 to ${EMOJI_BYTES_MAX} bytes of UTF-8`);
    return {
      ...addressed('react', react),
      react: { seq: checkSeq('react.seq', react.seq), emoji, remove: react.remove },
    };
  }
  throw new Error('the frame holds no command');
}

const addressed = (
  field: string,
  from: { conversationId: string; commandId: string; retry: boolean; knownSeq?: number | undefined },
) => ({
  conversationId: checkId(`${field}.conversationId`, from.conversationId),
  commandId: checkId(`${field}.commandId`, from.commandId),
  retry: from.retry,
  knownSeq: from.knownSeq,
});
