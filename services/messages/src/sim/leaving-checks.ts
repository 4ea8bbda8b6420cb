/** What holds of marks that stays end, in the replicas. */
import type { ReferenceConversation } from './reference.ts';
import type { Cell } from './replicas.ts';
import type { SimulatedStore } from './simulated-store.ts';
import { leavingName, membersOf, partitions } from './store-layout.ts';

/** Nobody reads beyond the event that ended their stay: where it stands, any two replicas tell that they leave, or that they have left. */
export function checkLeft(store: SimulatedStore, { id, moments }: ReferenceConversation, seq: number): string[] {
  const wrong: string[] = [];
  for (const userId of moments[seq - 1]?.event.membersChanged?.removedIds ?? [])
    for (const cells of store.pairs(partitions.members(id))) {
      const row = membersOf(cells).find((member) => member.userId === userId);
      if (row && row.role !== 'none' && row.joinedSeq < seq && row.leavingSeq !== seq)
        wrong.push(`row ${seq} of ${id} stands and ends the stay of ${userId}, who reads on`);
    }
  return wrong;
}

/** A mark is of an event that the log makes at its position. The cells that are none are returned. */
export function checkMarks(
  { id, moments }: ReferenceConversation,
  cells: readonly (readonly [string, Cell])[],
  fail: (text: string) => void,
): (readonly [string, Cell])[] {
  return cells.filter(([name, { timestamp, value }]) => {
    const userId = name.split('/')[1] ?? '';
    if (name !== leavingName(userId)) return true;
    const moment = moments[(value as number) - 1];
    if (moment?.position !== timestamp || !moment.event.membersChanged?.removedIds.includes(userId))
      fail(`members of ${id} has a mark that ${userId} leaves at ${value}, which is no such event`);
    return false;
  });
}
