/** The HTTP half of the contract, and the tokens: refreshed before they expire, one refresh at a time. */
import { ClatterError, type ErrorCode, Event, Item, type User } from '@clatter/wire';
import type { ClientStorage } from './storage.ts';
import type { ClientClock, ClientOptions, Page, Session } from './types.ts';

const SESSION_KEY = 'session';
/** An access token with less time left is refreshed first. */
const EARLY_MS = 30_000;

/** The account and its tokens, as they are kept. */
export interface KeptSession extends Session {
  readonly userId: string;
  /** By the own clock. */
  readonly expiresAtMs: number;
}

type Wire = Record<string, unknown>;

export class Api {
  readonly url: string;
  readonly #fetch: typeof fetch;
  readonly #storage: ClientStorage;
  readonly #clock: ClientClock;
  #session: KeptSession | undefined;
  #refreshing: Promise<KeptSession> | undefined;
  /** Called when the server says that the session has ended. */
  onLoggedOut: (reason: string) => void = () => undefined;

  constructor(options: ClientOptions, storage: ClientStorage, clock: ClientClock) {
    this.url = options.url.replace(/\/$/, '');
    this.#fetch = options.fetch ?? fetch.bind(globalThis);
    this.#storage = storage;
    this.#clock = clock;
  }

  get session(): KeptSession | undefined {
    return this.#session;
  }

  /** The session that was kept; undefined where there is none. */
  async load(): Promise<KeptSession | undefined> {
    const kept = await this.#storage.get(SESSION_KEY);
    this.#session = kept === undefined ? undefined : (JSON.parse(kept) as KeptSession);
    return this.#session;
  }

  async begin(path: '/v1/accounts' | '/v1/sessions', body: Wire): Promise<KeptSession> {
    const { user, session } = (await this.#call('POST', path, body, undefined)) as { user: User; session: Session };
    return this.#keep(session, user.userId);
  }

  async forget(): Promise<void> {
    this.#session = undefined;
    await this.#storage.delete(SESSION_KEY);
  }

  /** A token that is good for a while. Throws UNAUTHENTICATED where the session has ended. */
  async accessToken(again = false): Promise<string> {
    const session = this.#session;
    if (!session) throw new ClatterError('UNAUTHENTICATED', 'not logged in');
    if (!again && session.expiresAtMs - EARLY_MS > this.#clock.nowMs()) return session.accessToken;
    this.#refreshing ??= this.#refresh(session).finally(() => {
      this.#refreshing = undefined;
    });
    return (await this.#refreshing).accessToken;
  }

  /** A call as the person who is logged in. */
  async call(method: string, path: string, body?: Wire): Promise<unknown> {
    try {
      return await this.#call(method, path, body, await this.accessToken());
    } catch (error) {
      if (!(error instanceof ClatterError) || error.code !== 'TOKEN_EXPIRED') throw error;
      return this.#call(method, path, body, await this.accessToken(true));
    }
  }

  async users(path: string): Promise<Page<User>> {
    const { items, nextCursor } = (await this.call('GET', path)) as { items: User[]; nextCursor: string | null };
    return { items, nextCursor: nextCursor ?? undefined };
  }

  async items(path: string): Promise<Page<Item>> {
    const { items, nextCursor } = (await this.call('GET', path)) as { items: unknown[]; nextCursor: string | null };
    return { items: items.map((item) => Item.fromJson(item, 'item')), nextCursor: nextCursor ?? undefined };
  }

  async events(path: string): Promise<{ events: Event[]; hasMore: boolean }> {
    const { events, hasMore } = (await this.call('GET', path)) as { events: unknown[]; hasMore: boolean };
    return { events: events.map((event) => Event.fromJson(event, 'event')), hasMore };
  }

  async #refresh({ refreshToken, userId }: KeptSession): Promise<KeptSession> {
    try {
      const { session } = (await this.#call('POST', '/v1/sessions/refresh', { refreshToken }, undefined)) as {
        session: Session;
      };
      return await this.#keep(session, userId);
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'UNAUTHENTICATED') {
        await this.forget();
        this.onLoggedOut('the session has ended');
      }
      throw error;
    }
  }

  async #keep(session: Session, userId: string): Promise<KeptSession> {
    this.#session = { ...session, userId, expiresAtMs: this.#clock.nowMs() + session.expiresIn * 1000 };
    await this.#storage.set(SESSION_KEY, JSON.stringify(this.#session));
    return this.#session;
  }

  async #call(method: string, path: string, body: Wire | undefined, token: string | undefined): Promise<unknown> {
    let response: Response;
    try {
      response = await this.#fetch(this.url + path, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new ClatterError('UNAVAILABLE', 'the server cannot be reached', { cause: error });
    }
    const text = await response.text();
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    throw problemOf(response, text);
  }
}

/** RFC 9457; what is none, such as a proxy's page, is UNAVAILABLE or INTERNAL by its status. */
function problemOf(response: Response, text: string): ClatterError {
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000;
  try {
    const { code, detail } = JSON.parse(text) as { code?: ErrorCode; detail?: string };
    if (code) return new ClatterError(code, detail ?? code, { retryAfterMs });
  } catch {
    // Not JSON.
  }
  return new ClatterError(
    response.status >= 502 && response.status <= 504 ? 'UNAVAILABLE' : 'INTERNAL',
    `HTTP ${response.status}`,
    { retryAfterMs },
  );
}
