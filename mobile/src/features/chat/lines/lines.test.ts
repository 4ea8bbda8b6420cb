import type { MessageView, TimelineEntry } from '@clatter/client';
import { expect, test } from 'vitest';
import { type Line, linesOf } from './lines';

const noon = new Date(2026, 4, 20, 12).getTime();

function said(seq: number, senderId: string, atMs = noon + seq * 1000): TimelineEntry {
  const message = { messageId: `m${seq}`, senderId, seq, sentAtMs: atMs } as MessageView;
  return { kind: 'message', message };
}

/** Day, unread divider, or who said what: [ begins a group, ] ends it. */
function sketch(lines: readonly Line[]): string {
  return lines
    .map((line) => {
      if (line.kind !== 'message') return line.kind;
      const { message, first, last } = line;
      return `${first ? '[' : ''}${message.senderId}${message.seq}${last ? ']' : ''}`;
    })
    .join(' ');
}

test('messages of one person within a minute are one group', () => {
  const entries = [said(1, 'a'), said(2, 'a'), said(3, 'b'), said(4, 'b', noon + 90_000), said(5, 'b', noon + 100_000)];
  expect(sketch(linesOf(entries, undefined, 'a'))).toBe('day [a1 a2] [b3] [b4 b5]');
});

test('each day is named once, and parts groups', () => {
  const midnight = new Date(2026, 4, 21).getTime();
  const entries = [said(1, 'a', midnight - 5), said(2, 'a', midnight + 5), said(3, 'a', midnight + 10)];
  expect(sketch(linesOf(entries, undefined, 'b'))).toBe('day [a1] day [a2 a3]');
});

test('the divider stands before the first message of others that was not read', () => {
  const entries = [said(1, 'b'), said(2, 'b'), said(3, 'a'), said(4, 'b'), said(5, 'b')];
  expect(sketch(linesOf(entries, 1, 'a'))).toBe('day [b1] unread [b2] [a3] [b4 b5]');
  expect(sketch(linesOf(entries, 2, 'a'))).toBe('day [b1 b2] [a3] unread [b4 b5]');
  expect(sketch(linesOf(entries, 0, 'a'))).toBe('day unread [b1 b2] [a3] [b4 b5]');
  expect(sketch(linesOf(entries, undefined, 'a'))).toBe('day [b1 b2] [a3] [b4 b5]');
});

test('keys are unique, also where a clock was wrong', () => {
  const entries = [said(1, 'a', noon), said(2, 'a', noon + 86_400_000), said(3, 'a', noon + 5)];
  const keys = linesOf(entries, undefined, 'b').map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});
