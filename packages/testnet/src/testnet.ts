/** The platform in this process, on free ports and a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClatterClient, type ClientOptions } from '@clatter/client';
import { type Clatter, startClatter } from '@clatter/standalone';

export const PASSWORD = 'correct horse battery';

/** Cheap passwords: these tests are not about argon2. */
export const TEST_ENV = {
  CLATTER_HTTP_PORT: '0',
  CLATTER_HEALTH_PORT: '0',
  CLATTER_LOG_LEVEL: 'silent',
  CLATTER_AUTH_ARGON2_MEMORY_KIB: '64',
  CLATTER_AUTH_ARGON2_PASSES: '1',
  CLATTER_GATEWAY_DRAIN_MS: '50',
} as const;

export class TestNet implements AsyncDisposable {
  readonly clatter: Clatter;
  readonly #dir: string;
  readonly #clients: ClatterClient[] = [];

  private constructor(clatter: Clatter, dir: string) {
    this.clatter = clatter;
    this.#dir = dir;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<TestNet> {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-net-'));
    try {
      return new TestNet(await startClatter({ ...TEST_ENV, CLATTER_DATA_DIR: dir, ...env }), dir);
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return this.clatter.url;
  }

  /** New people, connected. */
  async people(...names: readonly string[]): Promise<ClatterClient[]> {
    return Promise.all(names.map((name) => this.person(name)));
  }

  async person(name: string, options: Partial<ClientOptions> = {}): Promise<ClatterClient> {
    const client = await ClatterClient.register(
      { url: this.url, ...options },
      { username: name, password: PASSWORD, displayName: name },
    );
    return this.#connect(client);
  }

  /** Another device of somebody who is there. */
  async device(name: string, options: Partial<ClientOptions> = {}): Promise<ClatterClient> {
    return this.#connect(await ClatterClient.login({ url: this.url, ...options }, { login: name, password: PASSWORD }));
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.clatter.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #connect(client: ClatterClient): Promise<ClatterClient> {
    this.#clients.push(client);
    await client.connect();
    return client;
  }
}
