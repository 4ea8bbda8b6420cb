/** The HTTP half of the contract, and the tokens: refreshed before they expire, one refresh at a time. */
import { ClatterError, type ErrorCode, Event, User } from '@clatter/wire';
import type { ClientStorage } from './storage.ts';
import type { ClientClock, ClientOptions, Page, Session } from './types.ts';

const SESSION_KEY = 'session';
/** An access token with less time left is refreshed first; with less than a quarter of its life where that is shorter. */
const EARLY_MS = 30_000;
/** A call without an answer for so long is given up. */
const CALL_MS = 30_000;

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
    this.#session = await this.#kept();
    return this.#session;
  }

  /** Begins a session; it is not kept yet. */
  async begin(path: '/v1/accounts' | '/v1/sessions', body: Wire): Promise<{ userId: string; session: Session }> {
    const { user, session } = (await this.#call('POST', path, body, undefined)) as { user: User; session: Session };
    return { userId: user.userId, session };
  }

  async keep(session: Session, userId: string): Promise<KeptSession> {
    this.#session = { ...session, userId, expiresAtMs: this.#clock.nowMs() + session.expiresIn * 1000 };
    await this.#storage.set(SESSION_KEY, JSON.stringify(this.#session));
    return this.#session;
  }

  async forget(): Promise<void> {
    this.#session = undefined;
    await this.#storage.delete(SESSION_KEY);
  }

  /** When `accessToken` will get a new one, by the own clock. */
  get renewAtMs(): number {
    return this.#session ? this.#session.expiresAtMs - Math.min(EARLY_MS, this.#session.expiresIn * 250) : 0;
  }

  /**
   * A token that is good for a while.
   * @param refused one that the server did not take, whatever the own clock says of it
   * @throws ClatterError UNAUTHENTICATED where the session has ended, UNAVAILABLE where that cannot be known now
   */
  async accessToken(refused?: string): Promise<string> {
    const session = this.#session;
    if (!session) throw new ClatterError('UNAUTHENTICATED', 'not logged in');
    if (this.#isGood(session, refused)) return session.accessToken;
    this.#refreshing ??= this.#refreshOnce(refused).finally(() => {
      this.#refreshing = undefined;
    });
    return (await this.#refreshing).accessToken;
  }

  /** A call as the person who is logged in. */
  async call(method: string, path: string, body?: Wire): Promise<unknown> {
    const token = await this.accessToken();
    try {
      return await this.#call(method, path, body, token);
    } catch (error) {
      if (!(error instanceof ClatterError) || error.code !== 'TOKEN_EXPIRED') throw error;
      return this.#call(method, path, body, await this.accessToken(token));
    }
  }

  async users(path: string): Promise<Page<User>> {
    const { items, nextCursor } = (await this.call('GET', path)) as { items: unknown[]; nextCursor: string | null };
    return { items: items.map((item) => User.fromJson(item, 'user')), nextCursor: nextCursor ?? undefined };
  }

  /** A call that answers with one person. */
  async user(method: string, path: string, body?: Wire): Promise<User> {
    const { user } = (await this.call(method, path, body)) as { user: unknown };
    return User.fromJson(user, 'user');
  }

  async events(path: string): Promise<{ events: Event[]; hasMore: boolean }> {
    const { events, hasMore } = (await this.call('GET', path)) as { events: unknown[]; hasMore: boolean };
    return { events: events.map((event) => Event.fromJson(event, 'event')), hasMore };
  }

  #isGood(session: KeptSession, refused: string | undefined): boolean {
    return session.accessToken !== refused && this.renewAtMs > this.#clock.nowMs();
  }

  /** A refresh token is used once: where several programs share a storage, the first of them refreshes for all. */
  #refreshOnce(refused: string | undefined): Promise<KeptSession> {
    const run = async (): Promise<KeptSession> => {
      const kept = await this.#kept();
      if (kept && kept.sessionId === this.#session?.sessionId) {
        this.#session = kept;
        if (this.#isGood(kept, refused)) return kept;
      }
      return this.#refresh();
    };
    return this.#storage.exclusively ? this.#storage.exclusively('refresh', run) : run();
  }

  async #refresh(): Promise<KeptSession> {
    const before = this.#session;
    if (!before) throw new ClatterError('UNAUTHENTICATED', 'not logged in');
    const { refreshToken, userId } = before;
    try {
      const { session } = (await this.#call('POST', '/v1/sessions/refresh', { refreshToken }, undefined)) as {
        session: Session;
      };
      return await this.keep(session, userId);
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'UNAUTHENTICATED') {
        await this.forget();
        this.onLoggedOut('the session has ended');
      }
      throw error;
    }
  }

  async #kept(): Promise<KeptSession | undefined> {
    const kept = await this.#storage.get(SESSION_KEY);
    return kept === undefined ? undefined : (JSON.parse(kept) as KeptSession);
  }

  async #call(method: string, path: string, body: Wire | undefined, token: string | undefined): Promise<unknown> {
    const abort = new AbortController();
    const cancel = this.#clock.timer(CALL_MS, () => abort.abort());
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(this.url + path, {
        method,
        signal: abort.signal,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      throw new ClatterError('UNAVAILABLE', 'the server cannot be reached', { cause: error });
    } finally {
      cancel();
    }
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
