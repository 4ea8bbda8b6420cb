import type { MessageView } from '@clatter/client';
import { expect, test } from 'vitest';
import { choice, isOver } from './poll';

test('a press chooses, in place of what was chosen where one is; another takes it back', () => {
  expect(choice([], 1, false)).toEqual([1]);
  expect(choice([1], 0, false)).toEqual([0]);
  expect(choice([0], 0, false)).toEqual([]);
  expect(choice([2], 0, true)).toEqual([0, 2]);
  expect(choice([0, 2], 2, true)).toEqual([0]);
});

test('a poll is over when it was closed, or at its time', () => {
  const poll = (closesAtMs: number, closed: boolean) =>
    ({ content: { poll: { closesAtMs } }, poll: { closed } }) as MessageView;
  expect([poll(0, false), poll(0, true), poll(10, false), poll(11, false)].map((one) => isOver(one, 10))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
