/**
 * The HTTP half of the contract, and the tokens: refreshed before they expire, one refresh at a time. Programs that share a storage share
 * the session in it: one that begins, is renewed or ends is so for all of them.
 */
import { ClatterError, type ErrorCode, Event, User } from '@clatter/wire';
import { type ClientStorage, SESSION_KEY } from './storage.ts';
import type { ClientClock, ClientOptions, Page, Session } from './types.ts';

/** An access token with less time left is refreshed first; with less than a quarter of its life where that is shorter. */
const EARLY_MS = 30_000;
/** A call without an answer for so long is given up. */
const CALL_MS = 30_000;

/** What another program wrote to a storage that is shared is seen here by then, mostly. */
const SEEN_MS = 50;

/** The account and its tokens, as they are kept. */
export interface KeptSession extends Session {
  readonly userId: string;
  /** By the own clock. */
  readonly expiresAtMs: number;
}

type Wire = Record<string, unknown>;

/** The calls that answer with somebody and their session. */
export type BeginPath = '/v1/accounts' | '/v1/sessions' | '/v1/sessions/mfa' | '/v1/sessions/passkey';

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
  async begin(path: BeginPath, body: Wire): Promise<{ userId: string; session: Session }> {
    const { user, session } = (await this.#call('POST', path, body, undefined)) as { user: User; session: Session };
    return { userId: user.userId, session };
  }

  /** Keeps the session of whoever has logged in, and runs something before anybody else touches the session. */
  begun(session: Session, userId: string, then: () => Promise<void>): Promise<void> {
    return this.#guarded(async () => {
      await this.#keep(session, userId);
      await then();
    });
  }

  /** Forgets the session, and runs something before anybody else touches the session. */
  ended(then: () => Promise<void>): Promise<void> {
    return this.#guarded(async () => {
      await this.#forget();
      await then();
    });
  }

  /** Another program changed the session in the storage. */
  async onChange(): Promise<void> {
    const kept = await this.#kept();
    if (this.#session) this.#take(kept);
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

  /** A call that nobody has to be logged in for. */
  open(method: string, path: string, body?: Wire): Promise<unknown> {
    return this.#call(method, path, body, undefined);
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
    return this.#guarded(async () => {
      if (this.#storage.onChange) await new Promise<void>((resolve) => this.#clock.timer(SEEN_MS, resolve));
      this.#take(await this.#kept());
      const session = this.#session;
      if (!session) throw new ClatterError('UNAUTHENTICATED', 'the session has ended');
      return this.#isGood(session, refused) ? session : this.#refresh(session);
    });
  }

  /** The session of the storage is that of this program too. */
  #take(kept: KeptSession | undefined): void {
    const { userId } = this.#session ?? {};
    if (kept?.userId === userId) this.#session = kept;
    // A storage that nobody else uses may fail to tell, as that of a locked phone does.
    else if (kept || this.#storage.onChange) {
      this.#session = undefined;
      this.onLoggedOut(kept ? 'somebody else has logged in here' : 'the session has ended');
    }
  }

  #guarded<T>(run: () => Promise<T>): Promise<T> {
    return this.#storage.exclusively ? this.#storage.exclusively(SESSION_KEY, run) : run();
  }

  async #refresh({ refreshToken, userId }: KeptSession): Promise<KeptSession> {
    try {
      const { session } = (await this.#call('POST', '/v1/sessions/refresh', { refreshToken }, undefined)) as {
        session: Session;
      };
      return await this.#keep(session, userId);
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'UNAUTHENTICATED') {
        await this.#forget();
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

  async #forget(): Promise<void> {
    this.#session = undefined;
    await this.#storage.delete(SESSION_KEY);
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
    const problem = JSON.parse(text) as { code?: ErrorCode; detail?: string } & Wire;
    const { code, detail, type: _type, title: _title, status: _status, instance: _instance, ...details } = problem;
    if (code) return new ClatterError(code, detail ?? code, { retryAfterMs, details });
  } catch {
    // Not JSON.
  }
  return new ClatterError(
    response.status >= 502 && response.status <= 504 ? 'UNAVAILABLE' : 'INTERNAL',
    `HTTP ${response.status}`,
    { retryAfterMs },
  );
}
