/** People and the own sessions, by HTTP; a person is asked for once in a while. */
import { ClatterError, type User } from '@clatter/wire';
import type { Api } from './api.ts';
import type { ClientClock, Page, ProfileChange, SessionView } from './types.ts';

/** A profile may be so old; nobody tells this client of its changes. */
const AGE_MS = 5 * 60_000;
const USERS_MAX = 2000;

export class People {
  readonly #api: Api;
  readonly #clock: ClientClock;
  /** Oldest first. */
  readonly #users = new Map<string, { readonly user: Promise<User | undefined>; readonly untilMs: number }>();

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

  /** Undefined for one who is not there. */
  user(userId: string): Promise<User | undefined> {
    const known = this.#users.get(userId);
    if (known && known.untilMs > this.#clock.nowMs()) return known.user;
    const user = this.#api.user('GET', `/v1/users/${userId}`).catch((error) => {
      if (error instanceof ClatterError && error.code === 'NOT_FOUND') return undefined;
      if (this.#users.get(userId)?.user === user) this.#users.delete(userId);
      throw error;
    });
    this.#remember(userId, user);
    return user;
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
