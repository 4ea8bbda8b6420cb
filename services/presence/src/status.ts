/** How a person is, merged over their connections. */
import type { Connection } from '@clatter/contracts/presence';
import type { Presence } from '@clatter/wire';

/** What somebody says of themselves wins over what is seen; a device that is looked at, over one that is not. */
export function mergedStatus(connections: readonly Connection[]): Presence['status'] {
  if (connections.length === 0) return 'OFFLINE';
  if (connections.some(({ status }) => status === 'BUSY')) return 'BUSY';
  const looking = connections.filter(({ foreground, status }) => foreground && status !== 'AWAY');
  return looking.length > 0 ? 'ONLINE' : 'AWAY';
}
