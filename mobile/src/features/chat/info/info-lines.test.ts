import { expect, test } from 'vitest';
import { infoLines } from './info-lines';

test('readers come first, each kind under its heading, and a kind of nobody has none', () => {
  const items = [
    { userId: 'a', status: 'sent' },
    { userId: 'b', status: 'read' },
    { userId: 'c', status: 'sent' },
    { userId: 'd', status: 'read' },
  ] as const;
  expect(infoLines({ items }).map(({ key }) => key)).toEqual(['read', 'b', 'd', 'sent', 'a', 'c']);
  expect(infoLines({ items: [] })).toEqual([]);
});
