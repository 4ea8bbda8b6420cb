/** People, and how they are now. Names are kept on the device, so that lists are readable before the line is up. */
import type { ClatterClient, Presence, User } from '@clatter/client';
import { useEffect, useSyncExternalStore } from 'react';
import { deviceStorage } from '../sync/device-storage';
import { useClient } from '../sync/session';
import { personPrefix } from './forget';
import { Observed, perClient } from './observed';

export class People extends Observed {
  readonly #client: ClatterClient;
  readonly #prefix: string;
  readonly #users = new Map<string, User>();
  readonly #presences = new Map<string, Presence>();
  readonly #asked = new Set<string>();
  readonly #watched = new Set<string>();
  #version = 0;

  constructor(client: ClatterClient) {
    super();
    this.#client = client;
    this.#prefix = personPrefix(client.userId);
    client.on('presence', (presence) => {
      this.#presences.set(presence.userId, presence);
      this.changed();
    });
    client.on('state', (state) => {
      // Without a line nobody knows how others are.
      if (state !== 'connecting' || this.#presences.size === 0) return;
      this.#presences.clear();
      this.changed();
    });
  }

  user(userId: string): User | undefined {
    return this.#users.get(userId);
  }

  /** The name that is shown; '' for somebody who is not known yet. */
  nameOf(userId: string): string {
    return this.#users.get(userId)?.displayName ?? '';
  }

  /** Another number whenever somebody is known better. */
  get version(): number {
    return this.#version;
  }

  presence(userId: string): Presence | undefined {
    return this.#presences.get(userId);
  }

  /** Reads what the device kept. */
  async load(): Promise<void> {
    for (const [key, json] of await deviceStorage.entries(this.#prefix))
      this.#users.set(key.slice(this.#prefix.length), JSON.parse(json) as User);
    this.changed();
  }

  put(user: User): void {
    const before = this.#users.get(user.userId);
    this.#version++;
    this.#users.set(user.userId, user);
    this.changed();
    if (JSON.stringify(before) !== JSON.stringify(user))
      deviceStorage.set(this.#prefix + user.userId, JSON.stringify(user)).catch(() => undefined);
  }

  /** Asks the server once; again after a failure, when somebody looks again. */
  ask(userId: string): void {
    if (this.#asked.has(userId)) return;
    this.#asked.add(userId);
    this.#client.user(userId).then(
      (user) => user && this.put(user),
      () => this.#asked.delete(userId),
    );
  }

  watch(userId: string): void {
    if (this.#watched.has(userId)) return;
    this.#watched.add(userId);
    this.#client.watch([userId]).catch(() => undefined);
  }
}

export const peopleOf = perClient((client) => new People(client));

/** All who are known, for lists that sort and search by name. */
export function usePeople(): People {
  const client = useClient();
  const people = peopleOf(client);
  useSyncExternalStore(people.subscribe, () => people.version);
  return people;
}

/** A person, as soon as they are known. */
export function useUser(userId: string | undefined): User | undefined {
  const client = useClient();
  const people = peopleOf(client);
  useEffect(() => {
    if (userId) people.ask(userId);
  }, [people, userId]);
  return useSyncExternalStore(people.subscribe, () => (userId ? people.user(userId) : undefined));
}

export function usePresence(userId: string | undefined): Presence | undefined {
  const client = useClient();
  const people = peopleOf(client);
  useEffect(() => {
    if (userId) people.watch(userId);
  }, [people, userId]);
  return useSyncExternalStore(people.subscribe, () => (userId ? people.presence(userId) : undefined));
}
