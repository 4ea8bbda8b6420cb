/** People and the own sessions, by HTTP; a person is asked for once in a while. */
import { ClatterError, type User } from '@clatter/wire';
import type { Api } from './api.ts';
import type { ClientClock, Page, ProfileChange, SessionView } from './types.ts';

/** A profile may be so old; nobody tells this client of its changes. */
const AGE_MS = 5 * 60_000;
const USERS_MAX = 2000;
/** People in one request. */
const ASKED_MAX = 100;

interface Asked {
  readonly resolve: (user: User | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export class People {
  readonly #api: Api;
  readonly #clock: ClientClock;
  /** Oldest first. */
  readonly #users = new Map<string, { readonly user: Promise<User | undefined>; readonly untilMs: number }>();

  /** Who is asked for at the end of this turn. */
  readonly #wanted = new Map<string, Asked>();

  constructor(api: Api, clock: ClientClock) {
    this.#api = api;
    this.#clock = clock;
  }

  async me(): Promise<User> {
    return this.#keep(await this.#api.user('GET', '/v1/me'));
  }

  async updateProfile(change: ProfileChange): Promise<User> {
    return this.#keep(await this.#api.user('PATCH', '/v1/me', { ...change }));
  }

  async search(query: string, limit: number, cursor: string | undefined): Promise<Page<User>> {
    const params = new URLSearchParams({ query, limit: String(limit), ...(cursor !== undefined && { cursor }) });
    const page = await this.#api.users(`/v1/users?${params}`);
    for (const user of page.items) this.#keep(user);
    return page;
  }

  /** Undefined for one who is not there. Those who are asked for in one turn are one request. */
  user(userId: string): Promise<User | undefined> {
    const known = this.#users.get(userId);
    if (known && known.untilMs > this.#clock.nowMs()) return known.user;
    if (this.#wanted.size === 0) queueMicrotask(() => this.#askAll());
    const user = new Promise<User | undefined>((resolve, reject) => {
      this.#wanted.set(userId, { resolve, reject });
    }).catch((error) => {
      if (this.#users.get(userId)?.user === user) this.#users.delete(userId);
      throw error;
    });
    this.#remember(userId, user);
    return user;
  }

  async renameSession(sessionId: string, name: string): Promise<void> {
    await this.#api.call('PATCH', `/v1/sessions/${sessionId}`, { name });
  }

  async sessions(): Promise<readonly SessionView[]> {
    const { items } = (await this.#api.call('GET', '/v1/sessions')) as { items: SessionView[] };
    return items.map((session) => ({
      ...session,
      createdAtMs: Number(session.createdAtMs),
      lastUsedAtMs: Number(session.lastUsedAtMs),
    }));
  }

  async revokeSession(sessionId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/sessions/${sessionId}`);
  }

  clear(): void {
    this.#users.clear();
  }

  #askAll(): void {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    for (let from = 0; from < wanted.length; from += ASKED_MAX) {
      const part = new Map(wanted.slice(from, from + ASKED_MAX));
      this.#ask([...part.keys()]).then(
        (found) => {
          for (const [userId, asked] of part) asked.resolve(found.get(userId));
        },
        (error) => {
          for (const asked of part.values()) asked.reject(error);
        },
      );
    }
  }

  async #ask(userIds: readonly string[]): Promise<ReadonlyMap<string, User>> {
    const [first = ''] = userIds;
    if (userIds.length > 1) {
      const { items } = await this.#api.users(`/v1/users?${new URLSearchParams({ ids: userIds.join(',') })}`);
      return new Map(items.map((user) => [user.userId, user]));
    }
    try {
      return new Map([[first, await this.#api.user('GET', `/v1/users/${first}`)]]);
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'NOT_FOUND') return new Map();
      throw error;
    }
  }

  #keep(user: User): User {
    this.#remember(user.userId, Promise.resolve(user));
    return user;
  }

  #remember(userId: string, user: Promise<User | undefined>): void {
    this.#users.delete(userId);
    this.#users.set(userId, { user, untilMs: this.#clock.nowMs() + AGE_MS });
    if (this.#users.size > USERS_MAX) this.#users.delete(this.#users.keys().next().value as string);
  }
}
