/** The links that were made here since the app started: the server tells a token once, and has its hash alone. */
import type { MadeInvite } from '@clatter/client';
import { useSyncExternalStore } from 'react';
import { useClient } from '../sync/session';
import { Observed, perClient } from './observed';

class MadeInvites extends Observed {
  #made: ReadonlyMap<string, MadeInvite> = new Map();

  get all(): ReadonlyMap<string, MadeInvite> {
    return this.#made;
  }

  add(invite: MadeInvite): void {
    this.#made = new Map(this.#made).set(invite.inviteId, invite);
    this.changed();
  }
}

export const madeInvitesOf = perClient(() => new MadeInvites());

/** By their ids. */
export function useMadeInvites(): ReadonlyMap<string, MadeInvite> {
  const made = madeInvitesOf(useClient());
  return useSyncExternalStore(made.subscribe, () => made.all);
}
