/** Numbers and times of groups, as people read them. */
import type { ConversationView } from '@clatter/client';
import { nounOf } from '../../store/conversations';
import { dayName } from '../../ui/format';

/** What it is called inside of a sentence. */
export const wordFor = (kind: ConversationView['kind']): string => nounOf(kind).toLowerCase();

export const membersOf = (count: number): string => `${count.toLocaleString()} ${count === 1 ? 'member' : 'members'}`;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long a link is good for. */
export function expiryOf(expiresAtMs: number, now = Date.now()): string {
  if (expiresAtMs === 0) return 'Never expires';
  const left = expiresAtMs - now;
  if (left <= 0) return 'Expired';
  if (left < HOUR_MS) return `Expires in ${Math.max(1, Math.round(left / MINUTE_MS))} min`;
  if (left < 2 * DAY_MS) return `Expires in ${Math.round(left / HOUR_MS)} h`;
  if (left < 60 * DAY_MS) return `Expires in ${Math.round(left / DAY_MS)} days`;
  return `Expires on ${dayName(expiresAtMs)}`;
}

export const usesOf = (uses: number, maxUses: number): string =>
  maxUses === 0 ? (uses === 0 ? 'not used yet' : `used ${uses}×`) : `${uses} of ${maxUses} used`;
