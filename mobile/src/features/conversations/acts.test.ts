import { expect, test } from 'vitest';
import { chatActs, MUTES } from './acts';

const chat = { pinPlace: 0, archived: false, unread: 0, markedUnread: false };
const labels = (fields: Partial<typeof chat>, muted = false, pinned = 0): string[] =>
  chatActs({ ...chat, ...fields }, muted, pinned).map(({ label }) => label);

test('a chat can be pinned, muted, marked, archived and hidden', () => {
  expect(labels({})).toEqual(['Pin to the top', 'Mute', 'Mark as unread', 'Archive', 'Hide chat']);
});

test('a pinned one moves by one place, as far as there is one', () => {
  expect(labels({ pinPlace: 1 }, false, 2).slice(0, 2)).toEqual(['Unpin', 'Move down']);
  expect(labels({ pinPlace: 2 }, false, 2).slice(0, 2)).toEqual(['Unpin', 'Move up']);
  expect(labels({ pinPlace: 1 }, false, 1)).not.toContain('Move down');
  const down = chatActs({ ...chat, pinPlace: 2 }, false, 3).find(({ label }) => label === 'Move down');
  expect(down?.does).toEqual({ pinned: true, pinPlace: 3 });
});

test('what is so already is offered the other way round', () => {
  expect(labels({ archived: true, unread: 3 }, true)).toEqual([
    'Pin to the top',
    'Unmute',
    'Mark as read',
    'Take out of the archive',
    'Hide chat',
  ]);
  expect(labels({ markedUnread: true })).toContain('Mark as read');
});

test('a chat is muted for a while or for ever', () => {
  expect(MUTES.at(-1)?.forMs).toBeUndefined();
  expect(MUTES.slice(0, -1).every(({ forMs }) => (forMs ?? 0) > 0)).toBe(true);
});
