/** What people see of a dead letter. What was written in a conversation is shown only to who asks for it. */
import type { Command } from '@clatter/contracts/messages';
import { topics } from '@clatter/log';
import { addressOf } from './address.ts';
import { bodyOf, commandOf } from './command-of.ts';
import type { StoredLetter } from './letters.ts';

/** Characters of a reason in a list. */
const REASON_MAX = 200;

export const HIDDEN = '(hidden; --content shows it)';

/** Fields whose texts are ids or enums. All others, those of commands to come too, are what people wrote. */
const NOBODY_WROTE: ReadonlySet<string> = new Set([
  'conversationId',
  'senderId',
  'commandId',
  'gatewayId',
  'encoding',
  'kind',
  'role',
  'sendRole',
  'addRole',
  'mentionAllRole',
  'pinRole',
  'userId',
  'userIds',
  'memberIds',
  'inviteId',
]);
const ID_OR_ENUM = /^[\w.:-]{0,100}$/;

/** One line: where it lies, when it was put there, where it came from, and why. */
export function listLine(stored: StoredLetter): string {
  const { letter, fault = '' } = stored;
  const source = letter ? `${letter.topic} ${addressOf(letter)}` : '-';
  const reason = oneLine(letter ? letter.reason : fault);
  const shown = reason.length > REASON_MAX ? `${reason.slice(0, REASON_MAX)}…` : reason;
  return `${addressOf(stored)}  ${new Date(stored.timestampMs).toISOString()}  ${oneLine(source)}  ${shown}`;
}

/** All about it, as lines. */
export function describeLetter(stored: StoredLetter, { content }: { readonly content: boolean }): readonly string[] {
  const { letter, headers, timestampMs, fault = '' } = stored;
  const lines = [
    `letter   ${topics.dead.name} ${addressOf(stored)}`,
    `when     ${new Date(timestampMs).toISOString()}`,
    ...Object.entries(headers).map(([name, value]) => `header   ${oneLine(`${name}: ${value}`)}`),
  ];
  if (!letter) return [...lines, `reason   ${oneLine(fault)}`];
  lines.push(
    `source   ${oneLine(`${letter.topic} ${addressOf(letter)}`)}`,
    `reason   ${oneLine(letter.reason)}`,
    `value    ${letter.value.length} bytes`,
  );
  try {
    const command = commandOf(letter);
    lines.push(`command  ${bodyOf(command)}`, ...showCommand(command, content));
  } catch (error) {
    lines.push(`command  ${oneLine((error as Error).message)}`);
    lines.push(`base64   ${content ? Buffer.from(letter.value).toString('base64') : HIDDEN}`);
  }
  return lines;
}

const showCommand = (command: Command, content: boolean): readonly string[] =>
  JSON.stringify(shown('', command, content), undefined, 2).split('\n');

function shown(name: string, value: unknown, content: boolean): unknown {
  if (value instanceof Uint8Array) return content ? Buffer.from(value).toString('base64') : HIDDEN;
  if (!content && name === 'content' && value !== undefined) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => shown(name, item, content));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(key, item, content)]));
  if (typeof value !== 'string' || content || value === '') return value;
  return NOBODY_WROTE.has(name) && ID_OR_ENUM.test(value) ? value : HIDDEN;
}

/** Without what would break the line, or speak to the terminal. */
const oneLine = (text: string): string =>
  text.replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
