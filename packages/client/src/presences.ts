/** How others are, and what is said of oneself. A new connection knows neither: it is told again. */
import type { Presence } from '@clatter/wire';
import type { Connection } from './connection.ts';

/** People that a connection may watch. */
const WATCHED_MAX = 500;

export class Presences {
  readonly #connection: Pick<Connection, 'ask' | 'state'>;
  readonly #onPresence: (presence: Presence) => void;
  readonly #watched = new Set<string>();
  #own: { readonly status: Presence['status']; readonly foreground: boolean } | undefined;

  constructor(connection: Pick<Connection, 'ask' | 'state'>, onPresence: (presence: Presence) => void) {
    this.#connection = connection;
    this.#onPresence = onPresence;
  }

  async watch(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) this.#watched.add(userId);
    const { state } = this.#connection;
    if (state === 'live' || state === 'syncing') await this.#watch(userIds);
  }

  async set(foreground: boolean, status: Presence['status']): Promise<void> {
    this.#own = { foreground, status: status === 'UNSPECIFIED' ? (this.#own?.status ?? status) : status };
    await this.#connection.ask({ presence: this.#own });
  }

  /** A connection is there. */
  up(): void {
    const ignore = (): void => undefined;
    if (this.#watched.size > 0) this.#watch([...this.#watched]).catch(ignore);
    if (this.#own) this.#connection.ask({ presence: this.#own }).catch(ignore);
  }

  /** The first of the states is the answer, the others come as news. */
  async #watch(userIds: readonly string[]): Promise<void> {
    const { presence } = await this.#connection.ask({ watch: { userIds: userIds.slice(0, WATCHED_MAX) } });
    if (presence) this.#onPresence(presence);
  }
}
