/** People who use a platform that runs somewhere, each with a client of their own. */
import { ClatterClient, type ClientOptions } from '@clatter/client';

export const PASSWORD = 'correct horse battery';

export class People {
  readonly url: string;
  /** Goes behind every username, so that tests which share a platform do not share people. */
  readonly suffix: string;
  readonly #clients: ClatterClient[] = [];

  constructor(url: string, suffix = '') {
    this.url = url;
    this.suffix = suffix;
  }

  /** New people, connected. */
  async people(...names: readonly string[]): Promise<ClatterClient[]> {
    return Promise.all(names.map((name) => this.person(name)));
  }

  async person(name: string, options: Partial<ClientOptions> = {}): Promise<ClatterClient> {
    const client = await ClatterClient.register(
      { url: this.url, ...options },
      { username: name + this.suffix, password: PASSWORD, displayName: name },
    );
    return this.#connect(client);
  }

  /** Another device of somebody who is there. */
  async device(name: string, options: Partial<ClientOptions> = {}): Promise<ClatterClient> {
    return this.#connect(
      await ClatterClient.login({ url: this.url, ...options }, { login: name + this.suffix, password: PASSWORD }),
    );
  }

  /** A call of HTTP as it is; the body is parsed where it is JSON. */
  async http(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{
    status: number; // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of any shape
    body: any;
    headers: Headers;
  }> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: unknown = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Not JSON: the text itself.
    }
    return { status: response.status, body: parsed, headers: response.headers };
  }

  /** Closes all clients. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #connect(client: ClatterClient): Promise<ClatterClient> {
    this.#clients.push(client);
    await client.connect();
    return client;
  }
}
