/** Auth as tests run it: the whole service on a real database in a folder of its own, a simulated log, and time that passes by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountRecord,
  type AuthService,
  type FactorsService,
  type LoginResponse,
  type PeopleService,
} from '@clatter/contracts/auth';
import { topics } from '@clatter/log';
import { noLogFaults, SimulatedLog } from '@clatter/log/simulated';
import { createLogger, loadConfig } from '@clatter/runtime';
import { ManualClock, seededIds } from '@clatter/runtime/testing';
import { authConfig, createAuth } from '../index.ts';

export const PASSWORD = 'correct horse';

/** Hashes that cost nothing and passwords of any strength, where a test is not about them. */
const CHEAP = {
  CLATTER_AUTH_ARGON2_MEMORY_KIB: '8',
  CLATTER_AUTH_ARGON2_PASSES: '1',
  CLATTER_AUTH_PASSWORD_SCORE_MIN: '0',
};

export class AuthUnderTest {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'clatter-auth-'));
  readonly clock = new ManualClock();
  /** `away` refuses what is sent. */
  readonly faults = noLogFaults();
  /** What became of accounts, as the log has it. */
  readonly told: AccountRecord[] = [];
  readonly #log: SimulatedLog;
  readonly #ids = seededIds(4);
  #service: ReturnType<typeof createAuth> | undefined;

  constructor() {
    this.#log = new SimulatedLog({
      network: { later: (_what, run) => void setImmediate(run), nowMs: () => this.clock.nowMs(), random: () => 0.5 },
      topics: { [topics.accounts.name]: 1 },
      faults: this.faults,
      watcher: { onAppend: ({ value }) => void this.told.push(AccountRecord.decode(value)) },
    });
  }

  get auth(): AuthService {
    if (!this.#service) throw new Error('start it first');
    return this.#service.auth;
  }

  get factors(): FactorsService {
    if (!this.#service) throw new Error('start it first');
    return this.#service.factors;
  }

  get people(): PeopleService {
    if (!this.#service) throw new Error('start it first');
    return this.#service.people;
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<this> {
    const process = { name: 'auth', later: (_what: string, run: () => void) => void setImmediate(run) };
    this.#service = createAuth({
      config: loadConfig(authConfig, { ...CHEAP, ...env }),
      log: this.#log.connect(process),
      logger: createLogger({ service: 'test', level: 'silent' }),
      clock: this.clock,
      ids: this.#ids,
      dataDir: this.dataDir,
    });
    await this.#service.start();
    return this;
  }

  ready(): boolean {
    return this.#service?.ready().ok ?? false;
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
    this.#service = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Makes an account and its first session. */
  async person(username: string, more: { email?: string; displayName?: string } = {}): Promise<Person> {
    return known(await this.auth.register({ username, password: PASSWORD, ...more }));
  }

  async login(login: string, password = PASSWORD): Promise<Person> {
    return known(await this.auth.login({ login, password }));
  }

  /** The new refresh token. */
  async refresh(refreshToken: string): Promise<string> {
    const { session } = await this.auth.refresh({ refreshToken });
    return session?.refreshToken ?? '';
  }
}

export interface Person {
  readonly userId: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

function known({ user, session }: Awaited<ReturnType<AuthService['login']>> | LoginResponse): Person {
  const { sessionId = '', accessToken = '', refreshToken = '' } = session ?? {};
  return { userId: user?.userId ?? '', sessionId, accessToken, refreshToken };
}

/** The code of the error that a call ends with; `none` where it ends well. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
