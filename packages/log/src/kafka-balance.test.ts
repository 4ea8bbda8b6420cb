import { describe, expect, it } from 'vitest';
import { type Balance, balance, type GroupMember } from './kafka-balance.ts';
import { partitionKey, type TopicPartition } from './kafka-offsets.ts';

const PARTITIONS: Readonly<Record<string, number>> = { a: 7, b: 2, c: 64 };
const partitionsOf = (topic: string): number => PARTITIONS[topic] as number;

const member = (id: string, topics: readonly string[], owned: readonly TopicPartition[] = [], generation = 1) => ({
  id,
  topics,
  owned,
  generation,
});

const sizes = (of: Balance): number[] => [...of.values()].map((partitions) => partitions.length);

/** Shares out until nothing changes, as members do who give up what was asked back. */
function settle(members: readonly GroupMember[]): { readonly balance: Balance; readonly rounds: number } {
  let current = members;
  for (let rounds = 1; ; rounds++) {
    const next = balance(current, partitionsOf);
    const owners = new Map<string, string>();
    for (const [id, partitions] of next)
      for (const one of partitions) {
        expect(owners.get(partitionKey(one))).toBeUndefined();
        owners.set(partitionKey(one), id);
      }
    // Nobody is given what another still has.
    for (const { id, owned } of current)
      for (const one of owned) expect([undefined, id]).toContain(owners.get(partitionKey(one)));
    const changed = current.some(({ id, owned }) => (next.get(id) as unknown[]).length !== owned.length);
    if (!changed) return { balance: next, rounds };
    current = current.map((one) => ({ ...one, owned: next.get(one.id) ?? [], generation: one.generation + 1 }));
    if (rounds > 5) throw new Error('it never settles');
  }
}

describe('balance', () => {
  it('gives a lone member everything, and every member its fair share', () => {
    expect(sizes(balance([member('m', ['a', 'b'])], partitionsOf))).toEqual([9]);
    const { balance: three } = settle([member('x', ['c']), member('y', ['c']), member('z', ['c'])]);
    expect(sizes(three).toSorted()).toEqual([21, 21, 22]);
    // More members than partitions: some wait.
    const many = ['p', 'q', 'r'].map((id) => member(id, ['b']));
    expect(sizes(settle(many).balance).toSorted()).toEqual([0, 1, 1]);
  });

  it('has a partition given up by its owner before it gives it to another', () => {
    const all = [...(balance([member('old', ['c'])], partitionsOf).get('old') ?? [])];
    const members = [member('old', ['c'], all), member('new', ['c'], [], -1)];
    const first = balance(members, partitionsOf);
    expect(sizes(first)).toEqual([0, 32]);
    const kept = first.get('old') as readonly TopicPartition[];
    const second = balance([member('old', ['c'], kept, 2), member('new', ['c'], [], 2)], partitionsOf);
    expect(second.get('old')).toEqual(kept);
    expect(second.get('new')).toHaveLength(32);
    expect(settle(members).rounds).toBeLessThanOrEqual(3);
  });

  it('moves no more than it must when a member leaves', () => {
    const { balance: before } = settle(['x', 'y', 'z'].map((id) => member(id, ['c'])));
    const left = ['x', 'y'].map((id) => member(id, ['c'], before.get(id) ?? []));
    const after = balance(left, partitionsOf);
    for (const { id, owned } of left) expect(after.get(id)).toEqual(expect.arrayContaining([...owned]));
    expect(sizes(after)).toEqual([32, 32]);
  });

  it('believes the newest generation of two that claim the same', () => {
    const one = { topic: 'b', partition: 1 };
    const shares = balance([member('zombie', ['b'], [one], 3), member('owner', ['b'], [one], 7)], partitionsOf);
    expect(shares.get('owner')).toContainEqual(one);
    expect(shares.get('zombie')).not.toContainEqual(one);
  });

  it('gives a topic only to those who read it', () => {
    const { balance: shares } = settle([member('x', ['a', 'b']), member('y', ['a'])]);
    expect(shares.get('y')?.every(({ topic }) => topic === 'a')).toBe(true);
    expect(sizes(shares).reduce((sum, size) => sum + size)).toBe(9);
  });
});
