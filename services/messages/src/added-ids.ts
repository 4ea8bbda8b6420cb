/** The ids of all whom one event added to a channel, as its row keeps them: 16 bytes each. Pure. */
import type { StoredEvent } from '@clatter/contracts/messages';
import type { Member } from '@clatter/wire';
import { parse, stringify } from 'uuid';

const ID_BYTES = 16;

export function packIds(ids: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * ID_BYTES);
  for (const [index, id] of ids.entries()) bytes.set(parse(id), index * ID_BYTES);
  return bytes;
}

/** All whom a stored event added: those of its body, or those kept beside it. */
export function addedBy({ event, addedIds }: StoredEvent): readonly Member[] | undefined {
  const named = event?.membersChanged?.added;
  const [first] = named ?? [];
  if (!addedIds?.length || !first) return named;
  const members: Member[] = [];
  for (let at = 0; at < addedIds.length; at += ID_BYTES)
    members.push({ ...first, userId: stringify(addedIds.subarray(at, at + ID_BYTES)) });
  return members;
}
