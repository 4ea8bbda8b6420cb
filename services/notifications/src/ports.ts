/**
 * The PushSender port: gets a push to a person's devices. Adapters: a local outbox now, FCM and Web Push to come.
 *
 * Promises: a resolved push is handed over for good; the same push id twice is one push. A rejection is passing: the caller tries again.
 */
import type { Push } from '@clatter/contracts/notifications';

export interface PushSender {
  send(pushes: readonly Push[]): Promise<void>;
  close(): Promise<void>;
}

/** What was sent, for those who look. */
export interface PushOutbox extends PushSender {
  /** Newest first, of one person or of all. */
  list(userId: string | undefined, limit: number): Promise<readonly Push[]>;
}
