import { expect, test } from 'vitest';
import { spokenRow } from './spoken';

const row = {
  title: 'Ann',
  line: 'Hello',
  drafting: false,
  muted: false,
  unread: 0,
  mentions: 0,
  markedUnread: false,
  pinPlace: 0,
};

test('a row says what is new before what was said, and then what was made of the chat', () => {
  expect(spokenRow(row)).toBe('Ann, Hello');
  expect(spokenRow({ ...row, unread: 2, mentions: 1, pinPlace: 1, muted: true })).toBe(
    'Ann, 2 unread, you are mentioned, Hello, pinned, muted',
  );
  expect(spokenRow({ ...row, markedUnread: true, drafting: true, title: '' })).toBe(
    'Chat, marked as unread, draft: Hello',
  );
});
