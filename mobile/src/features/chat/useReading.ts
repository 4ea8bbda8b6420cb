/** Whoever looks at the newest lines has read them; what came while nobody looked is divided from what was read. */
import { useCallback, useEffect, useState } from 'react';
import { AppState } from 'react-native';
import { useClient } from '../../sync/session';

export interface Reading {
  /** Seq up to which was read when somebody began to look; undefined where nothing was new. */
  readonly unreadAfter: number | undefined;
  /** The person answered: nothing is new any more. */
  readonly forget: () => void;
}

export function useReading(conversationId: string, headSeq: number, atEnd: boolean): Reading {
  const client = useClient();
  const [unreadAfter, setUnreadAfter] = useState(() => {
    const view = client.conversation(conversationId);
    return view && view.unread > 0 ? view.readSeq : undefined;
  });
  const [looks, setLooks] = useState(() => AppState.currentState === 'active');

  useEffect(() => {
    const subscription = AppState.addEventListener('change', (state) => {
      const active = state === 'active';
      const view = client.conversation(conversationId);
      if (active && view && view.unread > 0) setUnreadAfter(view.readSeq);
      setLooks(active);
    });
    return () => subscription.remove();
  }, [client, conversationId]);

  useEffect(() => {
    if (headSeq > 0 && atEnd && looks) client.markRead(conversationId);
  }, [client, conversationId, headSeq, atEnd, looks]);

  const forget = useCallback(() => setUnreadAfter(undefined), []);
  return { unreadAfter, forget };
}
