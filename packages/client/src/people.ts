/** People and the own sessions, by HTTP; a person is asked for once. */
import { ClatterError, type User } from '@clatter/wire';
import type { Api } from './api.ts';
import type { Page, ProfileChange, SessionView } from './types.ts';

export class People {
  readonly #api: Api;
  readonly #users = new Map<string, Promise<User | undefined>>();

  constructor(api: Api) {
    this.#api = api;
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
    let user = this.#users.get(userId);
    if (!user) {
      user = this.#api.user('GET', `/v1/users/${userId}`).catch((error) => {
        if (error instanceof ClatterError && error.code === 'NOT_FOUND') return undefined;
        this.#users.delete(userId);
        throw error;
      });
      this.#users.set(userId, user);
    }
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
    this.#users.set(user.userId, Promise.resolve(user));
    return user;
  }
}
