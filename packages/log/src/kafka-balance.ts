/**
 * Who gets which partition: computed by the leader of a group. Sticky: what a member has it keeps, up to its fair share. Cooperative
 * (KIP-429): a partition that changes hands is given to nobody at first; its owner gives it up in good order, and the next round gives it
 * to the other. So no partition has two owners, and those that stay are not interrupted.
 */
import type { TopicPartition } from './kafka-offsets.ts';
import { partitionKey } from './kafka-offsets.ts';

export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** What it has, from which generation of the group on. */
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
}

/** Partitions of each member by its id. */
export type Balance = ReadonlyMap<string, readonly TopicPartition[]>;

export function balance(members: readonly GroupMember[], partitionsOf: (topic: string) => number): Balance {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const owners = ownersOf(sorted);
  const wanted = new Map<string, TopicPartition[]>(sorted.map(({ id }) => [id, []]));
  for (const topic of [...new Set(sorted.flatMap(({ topics }) => topics))].toSorted())
    share(
      topic,
      partitionsOf(topic),
      sorted.filter(({ topics }) => topics.includes(topic)),
      owners,
      wanted,
    );
  return new Map(
    [...wanted].map(([id, partitions]) => [
      id,
      partitions.filter((one) => (owners.get(partitionKey(one)) ?? id) === id),
    ]),
  );
}

/** Who has a partition. A member that says so from an older generation has lost it and does not know. */
function ownersOf(members: readonly GroupMember[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { id, owned } of members.toSorted((a, b) => a.generation - b.generation))
    for (const one of owned) owners.set(partitionKey(one), id);
  return owners;
}

function share(
  topic: string,
  partitions: number,
  members: readonly GroupMember[],
  owners: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, TopicPartition[]>,
): void {
  const of = (id: string): TopicPartition[] => wanted.get(id) as TopicPartition[];
  const counts = new Map(members.map(({ id }) => [id, 0]));
  const least = Math.floor(partitions / members.length);
  let larger = partitions % members.length;
  const free: TopicPartition[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const one = { topic, partition };
    const owner = owners.get(partitionKey(one)) ?? '';
    const count = counts.get(owner);
    if (count === undefined || count > least || (count === least && larger === 0)) {
      free.push(one);
      continue;
    }
    if (count === least) larger--;
    counts.set(owner, count + 1);
    of(owner).push(one);
  }
  for (const one of free) {
    // The one with the fewest of this topic, then of all.
    const [next] = members.toSorted(
      (a, b) => (counts.get(a.id) as number) - (counts.get(b.id) as number) || of(a.id).length - of(b.id).length,
    ) as [GroupMember];
    counts.set(next.id, (counts.get(next.id) as number) + 1);
    of(next.id).push(one);
  }
}
