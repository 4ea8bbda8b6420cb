/** The invite links of a group that are good now; asked for again when one was made, ended or used. */
import type { Invite } from '@clatter/client';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../../sync/session';
import { sentence } from '../../ui/format';

export interface Invites {
  /** Undefined: not here yet. */
  readonly items: readonly Invite[] | undefined;
  readonly problem: string;
  readonly again: () => void;
}

export function useInvites(conversationId: string): Invites {
  const client = useClient();
  const [items, setItems] = useState<readonly Invite[]>();
  const [problem, setProblem] = useState('');
  const again = useCallback(() => {
    client.groups.invites(conversationId).then(
      (found) => {
        setItems([...found].reverse());
        setProblem('');
      },
      (error: Error) => setProblem(sentence(error.message)),
    );
  }, [client, conversationId]);
  useEffect(() => {
    again();
    return client.on('event', ({ conversationId: changedId, inviteCreated, inviteRevoked, membersChanged }) => {
      if (changedId === conversationId && (inviteCreated || inviteRevoked || membersChanged?.inviteId)) again();
    });
  }, [client, conversationId, again]);
  return { items, problem, again };
}
