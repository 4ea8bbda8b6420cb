/**
 * What is written and not sent, by conversation. Kept on the device until it is sent; it goes with the session. What another tab writes is
 * written here too, where nothing is being written. The SDK takes it to the person's other devices, and brings what they write.
 */
import type { ClatterClient } from '@clatter/client';
import { useSyncExternalStore } from 'react';
import { deviceStorage } from '../sync/device-storage';
import { useClient } from '../sync/session';
import { draftPrefix } from './forget';
import { Observed, perClient } from './observed';

const KEPT_AFTER_MS = 400;
/** For so long after another tab wrote, what the server says may be what that tab wrote before. */
const OTHER_TAB_MS = 3000;
/** What is longer is no draft elsewhere: the server takes 16 KiB of text. */
const TEXT_BYTES_MAX = 16_384;

class Drafts extends Observed {
  readonly #client: ClatterClient;
  readonly #prefix: string;
  readonly #texts = new Map<string, string>();
  /** What the SDK said last: only what changes there is news. */
  readonly #said = new Map<string, string>();
  /** When another tab wrote, by this clock. */
  readonly #otherTabAtMs = new Map<string, number>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(client: ClatterClient) {
    super();
    this.#client = client;
    this.#prefix = draftPrefix(client.userId);
    client.on('conversation', ({ conversationId, draft }) => this.#hear(conversationId, draft?.text ?? ''));
    deviceStorage.onChange?.(async (key) => {
      if (!key?.startsWith(this.#prefix)) return;
      const conversationId = key.slice(this.#prefix.length);
      if (this.#timers.has(conversationId)) return;
      const text = (await deviceStorage.get(key)) ?? '';
      if (text !== this.#said.get(conversationId)) this.#otherTabAtMs.set(conversationId, Date.now());
      this.#texts.set(conversationId, text);
      this.changed();
    });
  }

  get(conversationId: string): string {
    return this.#texts.get(conversationId) ?? '';
  }

  async load(): Promise<void> {
    for (const [key, text] of await deviceStorage.entries(this.#prefix))
      this.#texts.set(key.slice(this.#prefix.length), text);
    // What was written here and not sent to the others yet is newer than what they wrote before.
    for (const { conversationId, draft } of this.#client.conversations()) {
      this.#said.set(conversationId, draft?.text ?? '');
      if (draft && !this.#texts.has(conversationId)) this.#texts.set(conversationId, draft.text);
    }
    this.changed();
  }

  set(conversationId: string, text: string): void {
    if (text === this.get(conversationId)) return;
    this.#put(conversationId, text);
    const told = text.trim() === '' ? '' : text;
    if (new TextEncoder().encode(told).length > TEXT_BYTES_MAX) return;
    this.#said.set(conversationId, told);
    this.#client.setDraft(conversationId, told);
  }

  #hear(conversationId: string, text: string): void {
    if (text === (this.#said.get(conversationId) ?? '')) return;
    this.#said.set(conversationId, text);
    const otherTabAtMs = this.#otherTabAtMs.get(conversationId) ?? 0;
    if (text === this.get(conversationId) || Date.now() - otherTabAtMs < OTHER_TAB_MS) return;
    this.#put(conversationId, text);
  }

  #put(conversationId: string, text: string): void {
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
