/**
 * What is written and not sent, by conversation. Kept on the device until it is sent; it goes with the session. What another tab writes is
 * written here too, where nothing is being written.
 */
import type { ClatterClient } from '@clatter/client';
import { useSyncExternalStore } from 'react';
import { deviceStorage } from '../sync/device-storage';
import { useClient } from '../sync/session';
import { draftPrefix } from './forget';
import { Observed, perClient } from './observed';

const KEPT_AFTER_MS = 400;

class Drafts extends Observed {
  readonly #prefix: string;
  readonly #texts = new Map<string, string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(client: ClatterClient) {
    super();
    this.#prefix = draftPrefix(client.userId);
    deviceStorage.onChange?.(async (key) => {
      if (!key?.startsWith(this.#prefix)) return;
      const conversationId = key.slice(this.#prefix.length);
      if (this.#timers.has(conversationId)) return;
      this.#texts.set(conversationId, (await deviceStorage.get(key)) ?? '');
      this.changed();
    });
  }

  get(conversationId: string): string {
    return this.#texts.get(conversationId) ?? '';
  }

  async load(): Promise<void> {
    for (const [key, text] of await deviceStorage.entries(this.#prefix))
      this.#texts.set(key.slice(this.#prefix.length), text);
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
        this.#timers.delete(conversationId);
        const key = this.#prefix + conversationId;
        const kept = text.trim() === '' ? deviceStorage.delete(key) : deviceStorage.set(key, text);
        kept.catch(() => undefined);
      }, KEPT_AFTER_MS),
    );
  }
}

export const draftsOf = perClient((client) => new Drafts(client));

export function useDraft(conversationId: string): string {
  const client = useClient();
  const drafts = draftsOf(client);
  return useSyncExternalStore(drafts.subscribe, () => drafts.get(conversationId));
}
