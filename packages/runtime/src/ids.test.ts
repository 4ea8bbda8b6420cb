/** What ids follow from. The fixed values were made by other implementations (Python's uuid and hashlib). */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { conversationIdOf, directConversationId, isUuid, partitionOf, randomIds } from './index.ts';
import { seededIds } from './testing.ts';

const A = '0190a5c0-0000-7000-8000-000000000001';
const B = '0190a5c0-0000-7000-8000-000000000002';
const V1 = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const V4 = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';

/** RFC 9562 §5.5, by itself. */
function uuidV5(name: string, namespace: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

describe('directConversationId', () => {
  it('is the UUIDv5 of the two sorted ids in the fixed namespace', () => {
    // RFC 9562, appendix A.4.
    expect(uuidV5('www.example.com', V1)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
    expect(directConversationId(A, B)).toBe(uuidV5(`${A}|${B}`, 'b1d9cbb4-5f0f-4f5c-9a5e-3a5f6f0f9f51'));
  });

  it('never changes: ids on disk and in clients follow from it', () => {
    expect(directConversationId(A, B)).toBe('2c04ac59-c3f4-5eee-b8f4-813f66bf5b52');
    expect(directConversationId(A, A)).toBe('431a39ec-5e26-5595-9184-0f0ff96fed2e');
  });

  it('is the same whoever begins, and another for every pair', () => {
    expect(directConversationId(B, A)).toBe(directConversationId(A, B));
    const ids = seededIds(1);
    const people = Array.from({ length: 40 }, () => ids.v7());
    const pairs = people.flatMap((a, i) => people.slice(i).map((b) => directConversationId(a, b)));
    expect(new Set(pairs).size).toBe(pairs.length);
  });
});

describe('conversationIdOf', () => {
  it('never changes, and takes its time from a command id that has one', () => {
    expect(conversationIdOf(A, B)).toBe('0190a5c0-0000-73bc-85d9-d72d4cdd8598');
    expect(conversationIdOf(A, V4)).toBe('22fa81e2-b48f-7ab6-a151-dff2274fe9ae');
  });

  it('differs by creator and by command', () => {
    expect(new Set([conversationIdOf(A, B), conversationIdOf(B, A), conversationIdOf(A, A)]).size).toBe(3);
  });
});

describe('isUuid', () => {
  it('takes any version in lower case, and nothing else', () => {
    expect([A, V1, V4, '00000000-0000-0000-0000-000000000000'].every(isUuid)).toBe(true);
    const others = ['', A.toUpperCase(), A.replaceAll('-', ''), `${A} `, `${A}\n`, `{${A}}`, A.replace('0', 'g')];
    expect(others.filter(isUuid)).toEqual([]);
  });
});

describe('randomIds', () => {
  it('makes UUIDv7s that grow', () => {
    const made = Array.from({ length: 1000 }, () => randomIds.v7());
    expect(made.every((id) => isUuid(id) && id[14] === '7')).toBe(true);
    expect([...made].sort()).toEqual(made);
    expect(Math.abs(Number.parseInt((made[0] as string).replace('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(
      60_000,
    );
  });
});

describe('partitionOf', () => {
  it('never changes: every producer agrees for ever (FNV-1a over the 16 bytes)', () => {
    const keys = [A, B, V1, '00000000-0000-0000-0000-000000000000'];
    expect(keys.map((key) => partitionOf(key, 256))).toEqual([102, 211, 156, 5]);
    expect(keys.map((key) => partitionOf(key, 64))).toEqual([38, 19, 28, 5]);
    expect(keys.map((key) => partitionOf(key, 1))).toEqual([0, 0, 0, 0]);
  });

  it('spreads conversations evenly', () => {
    const counts = new Array<number>(16).fill(0);
    const ids = seededIds(2);
    const person = ids.v7();
    for (let i = 0; i < 16_000; i++) {
      const partition = partitionOf(directConversationId(person, ids.v7()), 16);
      counts[partition] = (counts[partition] as number) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1150);
  });
});
