/** A small platform with three people, and the calls that tests of HTTP have in common. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Answer, type Person, SmallPlatform } from './small-platform.ts';

/** A file of the exported client whose name has a hash. */
export const HASHED = '_expo/static/js/web/entry-0123456789abcdef0123456789abcdef.js';

export class HttpNet {
  readonly platform: SmallPlatform;
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly #webDir: string;

  private constructor(platform: SmallPlatform, people: readonly Person[], webDir: string) {
    this.platform = platform;
    [this.alice, this.bob, this.carol] = people as [Person, Person, Person];
    this.#webDir = webDir;
  }

  static async start(): Promise<HttpNet> {
    const webDir = mkdtempSync(join(tmpdir(), 'clatter-web-'));
    writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Clatter</title>');
    mkdirSync(join(webDir, '_expo/static/js/web'), { recursive: true });
    writeFileSync(join(webDir, HASHED), 'console.log(1)');
    writeFileSync(join(webDir, 'favicon.ico'), 'icon');
    const platform = await SmallPlatform.start({ CLATTER_WEB_DIR: webDir, CLATTER_ORIGINS: 'https://app.example' });
    const people: Person[] = [];
    for (const name of ['alice', 'bob', 'carol']) people.push(await platform.person(name));
    return new HttpNet(platform, people, webDir);
  }

  async end(): Promise<void> {
    await this.platform[Symbol.asyncDispose]();
    rmSync(this.#webDir, { recursive: true });
  }

  asAlice(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.platform.http(method, path, body, this.alice.token);
  }

  /** Of alice and bob. */
  openDirect(): Promise<string> {
    return this.#open({ kind: 'direct', memberIds: [this.bob.userId] });
  }

  openGroup(): Promise<string> {
    return this.#open({ kind: 'group', title: 'Group', memberIds: [this.bob.userId] });
  }

  async #open(body: object): Promise<string> {
    return (await this.asAlice('POST', '/v1/conversations', body)).body.conversation.conversationId;
  }
}

/** Checks an answer against what the OpenAPI document says of it. */
export const fits = (schema: z.ZodType, body: unknown): void => {
  const result = schema.safeParse(body);
  if (!result.success) throw new Error(`${z.prettifyError(result.error)}\n${JSON.stringify(body)}`);
};
