/** The own addresses and password, by HTTP. What is dangerous wants a recent proof: `factors.reauthenticate`. */
import type { Api } from './api.ts';
import type { AddressKind, AddressView } from './types.ts';

export class Credentials {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Of each kind at most one that is verified, and one that waits for its code. */
  async addresses(): Promise<readonly AddressView[]> {
    return ((await this.#api.call('GET', '/v1/me/addresses')) as { items: AddressView[] }).items;
  }

  /** Names an address of oneself, which a code is sent to; the verified one stays until `verify`. Needs a recent proof. */
  async setAddress(kind: AddressKind, address: string): Promise<void> {
    await this.#api.call('POST', `/v1/me/${kind}`, { [kind]: address });
  }

  async sendCode(kind: AddressKind): Promise<void> {
    await this.#api.call('POST', `/v1/me/${kind}/code`);
  }

  /** Throws WRONG_CODE. Afterwards the tokens say that one may chat, where that needs a verified address. */
  async verify(kind: AddressKind, code: string): Promise<void> {
    await this.#api.call('POST', `/v1/me/${kind}/verify`, { code });
    await this.#api.accessToken(this.#api.session?.accessToken);
  }

  /** Needs a recent proof. */
  async removeAddress(kind: AddressKind): Promise<void> {
    await this.#api.call('DELETE', `/v1/me/${kind}`);
  }

  /** Ends all other sessions. Needs a recent proof. Throws WEAK_PASSWORD. */
  async changePassword(password: string): Promise<void> {
    await this.#api.call('POST', '/v1/me/password', { password });
  }
}
