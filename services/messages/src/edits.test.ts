import { Content, Event, type Input } from '@clatter/wire';
import { expect, test } from 'vitest';
import { editRefusal } from './edits.ts';

const SENT_MS = 1_000_000;
const place = (name: string, liveForMs: number): Input<Content> => ({
  location: { latitude: 1, longitude: 2, name, liveForMs },
});
const custom = (type: string): Input<Content> => ({ custom: { type, json: '{}' } });
const contentOf = (content: Input<Content>): Content => Content.decode(Content.encode(content));

/** Why a message may not become another, so long after it was sent. */
function refusal(was: Input<Content>, is: Input<Content>, afterMs = 1, forwarded = false): string | undefined {
  const event = Event.decode(
    Event.encode({ sentAtMs: SENT_MS, message: { content: was, ...(forwarded && { forwarded: { hops: 1 } }) } }),
  );
  return editRefusal(event, contentOf(is), SENT_MS + afterMs);
}

test.each<[string, Input<Content>, Input<Content>]>([
  ['other words', { text: { body: 'a' } }, { text: { body: 'b' } }],
  ['other bytes', { opaque: { type: 'a' } }, { opaque: { type: 'b' } }],
  ['other JSON of its type', custom('a'), custom('a')],
  ['the next place of one that moves', place('here', 60_000), place('there', 60_000)],
  ['the last place of one that moves', place('here', 60_000), place('there', 0)],
])('a message gets %s', (_, was, is) => {
  expect(refusal(was, is)).toBeUndefined();
});

test.each<[string, string, Input<Content>, Input<Content>, number?, boolean?]>([
  [
    'another kind of content',
    'content: want text, as the message is, got location',
    { text: { body: 'a' } },
    place('b', 0),
  ],
  ['JSON of another type', 'content.custom.type: want "a", as the message has it', custom('a'), custom('b')],
  ['a contact', 'seq: a contact is not edited', { contact: { name: 'a' } }, { contact: { name: 'b' } }],
  ['a place of one that stays', 'seq: this place moves no more', place('a', 0), place('b', 0)],
  ['a place when its time is over', 'seq: this place moves no more', place('a', 60_000), place('b', 60_000), 60_000],
  [
    'more time',
    'content.location.liveForMs: want at most 60000, as was said before, got 60001',
    place('a', 60_000),
    place('a', 60_001),
  ],
  [
    'words that others said',
    'seq: what was forwarded is not edited',
    { text: { body: 'a' } },
    { text: { body: 'b' } },
    1,
    true,
  ],
])('a message gets not %s', (_, words, was, is, afterMs, forwarded) => {
  expect(refusal(was, is, afterMs, forwarded)).toBe(words);
});
