/** What is written and not sent, by conversation. Kept on the device until it is sent; it goes with the session. */
import { useSyncExternalStore } from 'react';
import { deviceStorage } from '../sync/device-storage';
import { useClient } from '../sync/session';
import { Observed, perClient } from './observed';

const PREFIX = 'draft/';
const KEPT_AFTER_MS = 400;

class Drafts extends Observed {
  readonly #texts = new Map<string, string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  get(conversationId: string): string {
    return this.#texts.get(conversationId) ?? '';
  }

  async load(): Promise<void> {
    for (const [key, text] of await deviceStorage.entries(PREFIX)) this.#texts.set(key.slice(PREFIX.length), text);
    this.changed();
  }

  set(conversationId: string, text: string): void {
    if (text === this.get(conversationId)) return;
    this.#texts.set(conversationId, text);
    this.changed();
    clearTimeout(this.#timers.get(conversationId));
    this.#timers.set(
      conversationId,
      setTimeout(() => {
        const kept =
          text.trim() === ''
            ? deviceStorage.delete(PREFIX + conversationId)
            : deviceStorage.set(PREFIX + conversationId, text);
        kept.catch(() => undefined);
      }, KEPT_AFTER_MS),
    );
  }
}

export const draftsOf = perClient(() => new Drafts());

export function useDraft(conversationId: string): string {
  const client = useClient();
  const drafts = draftsOf(client);
  return useSyncExternalStore(drafts.subscribe, () => drafts.get(conversationId));
}
