import { describe, expect, it } from 'vitest';
import { ConnectionDigest, type Digested } from './index.ts';

const digestOf = (connections: readonly Digested[]): string => {
  const digest = new ConnectionDigest();
  for (const connection of connections) digest.add(connection);
  return digest.toString();
};

const many = Array.from({ length: 1000 }, (_, i) => ({ userId: `user-${i % 300}`, connection: i }));

describe('ConnectionDigest', () => {
  it('is the same in whatever order connections come', () => {
    expect(digestOf(many)).toBe(digestOf([...many].reverse()));
    expect(digestOf(many)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('tells any one more, fewer or other', () => {
    const digests = [
      digestOf(many),
      digestOf(many.slice(1)),
      digestOf([...many, { userId: 'user-0', connection: 1000 }]),
      digestOf([...many.slice(1), { userId: 'user-1', connection: 0 }]),
      digestOf([...many, many[0] as Digested]),
      digestOf([]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('returns to what it was when what was added is removed', () => {
    const digest = new ConnectionDigest();
    expect(digest.toString()).toBe('0000000000000000');
    for (const connection of many) digest.add(connection);
    for (const connection of many.slice(500)) digest.remove(connection);
    expect(digest.toString()).toBe(digestOf(many.slice(0, 500)));
    for (const connection of many.slice(0, 500)) digest.remove(connection);
    expect(digest.toString()).toBe('0000000000000000');
  });

  it('never changes: gateways and registries of different versions compare it', () => {
    expect(digestOf([{ userId: '0190a5c0-0000-7000-8000-000000000001', connection: 7 }])).toBe('4c5b90c5e57588e5');
  });
});
