/** Tells the others that something is written here: at most every few seconds, and that it ended. */
import { useRef } from 'react';
import { useClient } from '../../../sync/session';

const TYPING_EVERY_MS = 3000;

export function useTypingSignal(conversationId: string): {
  readonly typed: (text: string) => void;
  /** The field was left. */
  readonly stopped: () => void;
  /** What was written is sent, which says so by itself. */
  readonly sent: () => void;
} {
  const client = useClient();
  const typedAt = useRef(0);
  return {
    typed(text) {
      const now = Date.now();
      if (text === '' || now - typedAt.current < TYPING_EVERY_MS) return;
      typedAt.current = now;
      client.typing(conversationId, 'TYPING');
    },
    stopped() {
      if (typedAt.current > 0) client.typing(conversationId, 'NONE');
      typedAt.current = 0;
    },
    sent() {
      typedAt.current = 0;
    },
  };
}
