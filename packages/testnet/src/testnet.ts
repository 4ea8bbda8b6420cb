/** The platform in this process, on free ports and a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Push } from '@clatter/contracts/notifications';
import { type Clatter, startClatter } from '@clatter/standalone';
import { People } from './people.ts';

/** Cheap passwords: these tests are about neither argon2 nor zxcvbn. */
export const TEST_ENV = {
  CLATTER_HTTP_PORT: '0',
  CLATTER_HEALTH_PORT: '0',
  CLATTER_LOG_LEVEL: 'silent',
  CLATTER_AUTH_ARGON2_MEMORY_KIB: '64',
  CLATTER_AUTH_ARGON2_PASSES: '1',
  CLATTER_AUTH_PASSWORD_SCORE_MIN: '0',
  CLATTER_GATEWAY_DRAIN_MS: '50',
} as const;

export class TestNet extends People implements AsyncDisposable {
  readonly clatter: Clatter;
  readonly #dir: string;

  private constructor(clatter: Clatter, dir: string) {
    super(clatter.url);
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

  async pushes(userId: string): Promise<readonly Push[]> {
    const { items = [] } = await this.clatter.notifications.listOutbox({ userId });
    return items as readonly Push[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.clatter.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
