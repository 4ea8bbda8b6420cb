/** Who is typing where; ends by itself. */
import type { ClatterClient } from '@clatter/client';
import { useSyncExternalStore } from 'react';
import { useClient } from '../sync/session';
import { Observed, perClient } from './observed';

const LASTS_MS = 6000;
const nobody: readonly string[] = [];

class Typists extends Observed {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #typing = new Map<string, readonly string[]>();

  constructor(client: ClatterClient) {
    super();
    client.on('typing', ({ conversationId, userId, activity, expiresInMs }) => {
      if (userId === client.userId) return;
      if (activity === 'NONE') this.#stop(conversationId, userId);
      else this.#start(conversationId, userId, expiresInMs || LASTS_MS);
    });
    // What they were writing has come.
    client.on('event', ({ conversationId, senderId }) => this.#stop(conversationId, senderId));
  }

  in(conversationId: string): readonly string[] {
    return this.#typing.get(conversationId) ?? nobody;
  }

  #start(conversationId: string, userId: string, lastsMs: number): void {
    const key = `${conversationId}/${userId}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.#stop(conversationId, userId), lastsMs),
    );
    const now = this.in(conversationId);
    if (!now.includes(userId)) this.#set(conversationId, [...now, userId]);
  }

  #stop(conversationId: string, userId: string): void {
    const key = `${conversationId}/${userId}`;
    if (!this.#timers.has(key)) return;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#set(
      conversationId,
      this.in(conversationId).filter((id) => id !== userId),
    );
  }

  #set(conversationId: string, userIds: readonly string[]): void {
    this.#typing.set(conversationId, userIds);
    this.changed();
  }
}

export const typistsOf = perClient((client) => new Typists(client));

export function useTyping(conversationId: string): readonly string[] {
  const client = useClient();
  const typists = typistsOf(client);
  return useSyncExternalStore(typists.subscribe, () => typists.in(conversationId));
}
