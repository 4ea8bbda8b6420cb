import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXTRACT, readDataset } from './dataset.ts';

describe('the extract of the data set', () => {
  it('holds real conversations of two people each, in the order in which they were said', () => {
    const conversations = readDataset(EXTRACT);
    expect(conversations.length).toBe(20);
    for (const { messages } of conversations) {
      expect(messages[0]?.sender).toBe(0);
      expect(new Set(messages.map(({ sender }) => sender)).size).toBeLessThanOrEqual(2);
    }
    expect(conversations[0]?.messages.slice(0, 2)).toEqual([
      { sender: 0, text: "I don't know what falafel is" },
      { sender: 0, text: "In fact I don't even know if that's how it's spelled" },
    ]);
  });

  it('is refused where it is something else', () => {
    expect(() => readDataset(join(EXTRACT, '..', 'LICENSE-chitchat-dataset'))).toThrow('not the JSON of a data set');
  });
});
