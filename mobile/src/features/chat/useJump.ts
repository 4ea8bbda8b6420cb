/** The way to an earlier message: what lies between is fetched first, and it is lit for a moment when it is there. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from '../../sync/session';
import { useToast } from '../../ui/toast';
import type { LinesHandle } from './lines/Lines';

const PAGE = 100;
/** Further back one scrolls. */
const PAGES_MAX = 20;
const LIT_MS = 1600;

export function useJump(conversationId: string, lines: RefObject<LinesHandle | null>) {
  const client = useClient();
  const toast = useToast();
  const [litSeq, setLitSeq] = useState<number>();
  const busy = useRef(false);

  useEffect(() => {
    if (litSeq === undefined) return undefined;
    const timer = setTimeout(() => setLitSeq(undefined), LIT_MS);
    return () => clearTimeout(timer);
  }, [litSeq]);

  const jump = useCallback(
    async (seq: number): Promise<void> => {
      if (busy.current || seq <= 0) return;
      busy.current = true;
      try {
        const isHere = (): boolean => (client.events(conversationId)[0]?.seq ?? Number.POSITIVE_INFINITY) <= seq;
        for (let pages = 0; !isHere() && pages < PAGES_MAX; pages++)
          if (!(await client.loadEarlier(conversationId, PAGE))) break;
        const message = client.events(conversationId).find((event) => event.seq === seq)?.message;
        if (!message) return toast('That message is too far back, or you may not see it.');
        lines.current?.show(message.messageId);
        setLitSeq(seq);
      } catch (error) {
        toast((error as Error).message);
      } finally {
        busy.current = false;
      }
    },
    [client, conversationId, lines, toast],
  );
  return { jump, litSeq };
}
